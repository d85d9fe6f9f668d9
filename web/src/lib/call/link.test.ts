import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRoom } from './link';

afterEach(() => vi.unstubAllGlobals());

/** Answers every request so, and gives the bodies that were sent. */
function server(status: number, body: object, headers: Record<string, string> = {}) {
  const sent: Record<string, unknown>[] = [];
  vi.stubGlobal('fetch', async (_: string, request: RequestInit) => {
    sent.push(JSON.parse(String(request.body)));
    return new Response(JSON.stringify(body), { status, headers });
  });
  return sent;
}

const refusal = (code: string) => ({ error: { code, message: '' } });

describe('asking for a room', () => {
  it('sends a password only when there is one', async () => {
    const sent = server(403, refusal('password'));
    await createRoom(1);
    await createRoom(1, 'open sesame');
    expect(sent[0]).not.toHaveProperty('password');
    expect(sent[1]).toMatchObject({ password: 'open sesame' });
  });
  it.each([
    [403, refusal('password'), { code: 'password' }],
    [403, refusal('not-allowed'), { code: 'not-allowed' }],
    [403, refusal('origin'), { code: 'internal', detail: 'status 403' }],
    [403, {}, { code: 'internal', detail: 'status 403' }],
    [429, refusal('too-many'), { code: 'too-many', retryAfter: 60 }],
    [503, refusal('draining'), { code: 'draining' }],
    [502, refusal('x'), { code: 'server-unreachable' }],
    [400, refusal('bad-request'), { code: 'internal', detail: 'status 400' }],
  ])('%i %o', async (status, body, error) => {
    server(status, body);
    expect(await createRoom()).toEqual({ error });
  });
  it('waits as long as the server says', async () => {
    server(429, refusal('too-many'), { 'Retry-After': '7' });
    expect(await createRoom()).toEqual({ error: { code: 'too-many', retryAfter: 7 } });
  });
  it('does not take a room of other keys', async () => {
    server(200, { room: 'a'.repeat(40) });
    expect(await createRoom()).toMatchObject({ error: { code: 'internal' } });
  });
});
