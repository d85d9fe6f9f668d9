// State of the server, kept up to date by its event stream, which is
// opened again whenever it ends.
import { EventParser } from './events';
import { ActorTree } from './tree';
import type { Change, ServerStatus } from './types';

export type Connection = 'signed-out' | 'connecting' | 'live' | 'lost' | 'refused' | 'locked';

const storageKey = 'catchup.admin.token';
const maxLines = 100;
const retryMs = 1000;
const actLimit = 15_000;

export class Client {
  connection = $state<Connection>('signed-out');
  status = $state<ServerStatus>();
  lines = $state<string[]>([]);
  /** Rises with everything that changes the tree. */
  version = $state(0);
  tree = new ActorTree();
  #token = '';
  #ending?: AbortController;

  /** Goes on with the token of this tab, if there is one. */
  resume() {
    const token = sessionStorage.getItem(storageKey);
    if (token) void this.signIn(token);
  }

  async signIn(token: string) {
    this.signOut();
    this.#token = token;
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    this.connection = 'connecting';
    while (!signal.aborted) {
      const again = await this.#listen(signal);
      if (signal.aborted || !again) return;
      this.connection = 'lost';
      await new Promise((done) => setTimeout(done, retryMs));
    }
  }

  signOut() {
    this.#ending?.abort();
    this.#token = '';
    sessionStorage.removeItem(storageKey);
    this.connection = 'signed-out';
    this.tree.replace([]);
    this.lines = [];
    this.status = undefined;
    this.version++;
  }

  /** False when it is of no use to try again. */
  async #listen(signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await fetch('/admin/api/events', { headers: this.#headers(), signal });
      if (answer.status === 401 || answer.status === 429) {
        this.connection = answer.status === 401 ? 'refused' : 'locked';
        return false;
      }
      if (!answer.ok || !answer.body) return true;
      sessionStorage.setItem(storageKey, this.#token);
      const parser = new EventParser();
      const decoder = new TextDecoder();
      this.lines = [];
      for await (const bytes of answer.body) {
        for (const { name, data } of parser.feed(decoder.decode(bytes, { stream: true }))) {
          this.#take(name, JSON.parse(data));
        }
      }
    } catch {
      // The server is away, or we are: the loop goes on or ends.
    }
    return true;
  }

  #take(name: string, data: unknown) {
    if (name === 'tree') {
      this.tree.replace((data as { nodes: Change['changed'] }).nodes);
      this.connection = 'live';
    } else if (name === 'change') this.tree.apply(data as Change);
    else if (name === 'status') this.status = data as ServerStatus;
    else if (name === 'log') {
      this.lines.push((data as { line: string }).line);
      if (this.lines.length > maxLines) this.lines.shift();
      return;
    }
    this.version++;
  }

  /** Does something; resolves to what to say about it. */
  async act(path: string, body?: unknown): Promise<string> {
    try {
      const answer = await fetch(`/admin/api/${path}`, {
        method: 'POST',
        headers: {
          ...this.#headers(),
          'Idempotency-Key': crypto.randomUUID(),
          ...(body ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(actLimit),
      });
      if (answer.ok) return 'Done.';
      const { error } = (await answer.json()) as { error: { message: string } };
      return `Refused: ${error.message}`;
    } catch {
      return 'The server did not answer.';
    }
  }

  #headers() {
    return { Authorization: `Bearer ${this.#token}` };
  }
}
