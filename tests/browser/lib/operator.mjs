// The operator without a page: what the listener says and does.
import assert from 'node:assert/strict';

export const token = 'the-operators-own-token-42';

async function ask(server, method, path, wanted = 200) {
  const answer = await fetch(`http://127.0.0.1:${server.adminPort}/admin/api/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, wanted, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

/** The actors of one kind. */
export async function actors(server, kind) {
  const { nodes } = await ask(server, 'GET', 'tree');
  return nodes.filter((node) => node.kind === kind);
}

/** People are asked in again; `wanted` is the status it is answered with. */
export function undrain(server, wanted) {
  return ask(server, 'POST', 'undrain', wanted);
}

/** The actor crashes. */
export function kill(server, id) {
  return ask(server, 'POST', `actors/${id}/kill`);
}
