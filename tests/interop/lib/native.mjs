// A native member of a room: a program that takes commands and says what happens,
// one line of JSON each (contract: ../mls/README.md).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { built } from './prepare.mjs';

export class Native {
  events = [];
  #wake = () => {};

  /** Starts the member; `options` go into its question. */
  constructor(name, server, secret, room, options = {}) {
    this.name = name;
    const question = { url: server.url, room, secret: secret.toString('hex'), name, ...options };
    const stdio = ['pipe', 'pipe', 'pipe'];
    this.process = spawn(`${built}/cargo/debug/mls-${name}`, [JSON.stringify(question)], { stdio });
    this.process.stdin.on('error', () => {});
    this.errors = '';
    this.process.stderr.on('data', (data) => (this.errors += data));
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.is === undefined) this.result = event;
      else this.events.push(event);
      this.#wake();
    });
    this.ended = new Promise((done) => this.process.once('close', () => {
      this.result ??= { error: `ended: ${this.errors.slice(-500)}` };
      this.#wake();
      done(this.result);
    }));
  }

  do(command) {
    this.process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** The first event from `since` on that `fits`. */
  async until(what, fits, { since = 0, ms = 15_000 } = {}) {
    const end = Date.now() + ms;
    for (;;) {
      const event = this.events.slice(since).find(fits);
      if (event) return event;
      const left = end - Date.now();
      if (this.result) throw new Error(`${this.name} ended before ${what}: ${this.result.error}`);
      if (left <= 0) throw new Error(`${this.name}: no ${what}; last: ${JSON.stringify(this.events.slice(-3))}`);
      let timer;
      await new Promise((done) => {
        this.#wake = done;
        timer = setTimeout(done, left);
      });
      clearTimeout(timer);
    }
  }

  /** Gives a command; the event that answers it. */
  async ask(command, answer) {
    const since = this.events.length;
    this.do(command);
    const event = await this.until(answer, ({ is, do: failed }) => is === answer || failed === command.do, { since });
    if (event.is === 'failed') throw new Error(`${this.name} cannot ${command.do}: ${event.text}`);
    return event;
  }

  /** The newest epoch that it is in; null before the first. */
  get epoch() {
    return this.events.findLast(({ is }) => is === 'epoch') ?? null;
  }

  kill() {
    this.process.kill('SIGKILL');
  }
}
