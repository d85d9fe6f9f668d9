/** Members, a server and a network in virtual time, driven by one seed. */
import { type Bytes, hex, random } from '../../crypto/bytes';
import { Delivery } from '../delivery/delivery';
import type { Input, Output, ServerMessage, Status } from '../delivery/delivery-types';
import { Member } from '../group/member';
import { Operations } from '../group/operations';
import type { Room } from '../group/room';
import type { Suite } from '../group/suite';
import { Service } from './service';

/** xorshift32: numbers below `n`. */
export function seeded(seed: number): (n: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

export class Client {
  readonly id: Bytes;
  readonly delivery: Delivery;
  readonly operations: Operations;
  /** Does nothing, hears nothing; what it was sent waits. */
  frozen = false;
  gone = false;
  status: Status | null = null;
  sending: bigint | null = null;
  installed = new Set<bigint>();
  held = false;
  readonly history: Output[] = [];
  waiting: Input[] = [];
  lastUp = 0;
  lastDown = 0;

  constructor(operations: Operations, id: Bytes) {
    this.id = id;
    this.delivery = new Delivery(id);
    this.operations = operations;
  }
}

interface Event {
  at: number;
  order: number;
  run: () => void | Promise<void>;
}

export class TestWorld {
  now = 0;
  readonly service: Service;
  readonly clients: Client[] = [];
  /** May swallow or change what the server sends. */
  tamper: (to: Client, message: ServerMessage) => ServerMessage | null = (_, message) => message;
  readonly #room: Room;
  readonly #suite: Suite;
  readonly #random: (n: number) => number;
  #events: Event[] = [];
  #order = 0;

  constructor(room: Room, suite: Suite, random: (n: number) => number) {
    this.#room = room;
    this.#suite = suite;
    this.#random = random;
    this.service = new Service(room, suite, (to, message) => this.#down(to, message));
  }

  get present(): Client[] {
    return this.clients.filter((client) => !client.gone);
  }

  async enter(): Promise<Client> {
    const member = await Member.create(this.#room, this.#suite, random(16), { timeout: 60_000 });
    const client = new Client(new Operations(member), member.id);
    this.clients.push(client);
    this.service.connect(client.id);
    this.#input(client, { t: 'start' });
    return client;
  }

  /** Says goodbye, or falls silent and is given up after a second. */
  leave(client: Client, crash: boolean): void {
    client.gone = true;
    this.service.disconnect(client.id);
    const after = crash ? 1000 : this.#latency();
    this.at(this.now + after, () => this.service.leave(client.id, this.now));
  }

  freeze(client: Client, forMilliseconds: number): void {
    client.frozen = true;
    this.at(this.now + forMilliseconds, () => {
      client.frozen = false;
      for (const input of client.waiting.splice(0)) this.#input(client, input);
    });
  }

  /** Loses messages in flight; reconnects after a while. */
  cut(client: Client, forMilliseconds: number): void {
    this.service.disconnect(client.id);
    client.lastUp = client.lastDown = Infinity;
    this.at(this.now + forMilliseconds, () => {
      client.lastUp = client.lastDown = this.now;
      if (client.gone) return;
      this.service.connect(client.id);
      this.#input(client, { t: 'connected' });
    });
  }

  at(time: number, run: () => void | Promise<void>): void {
    this.#events.push({ at: time, order: this.#order++, run });
  }

  /** Runs until nothing is to be done before `until`. */
  async run(until: number): Promise<void> {
    let idle = 0;
    for (;;) {
      const next = this.#next(until);
      if (next === null) break;
      idle = next.at > this.now ? 0 : idle + 1;
      if (idle > 1000) throw new Error('time stands still');
      this.now = Math.max(this.now, next.at);
      await next.run();
    }
    this.now = until;
  }

  #next(until: number): Event | null {
    let best: Event | null = null;
    for (const event of this.#events) {
      if (
        best === null ||
        event.at < best.at ||
        (event.at === best.at && event.order < best.order)
      ) {
        best = event;
      }
    }
    const timers: Event[] = [
      { at: this.service.deadline(), order: 0, run: () => this.service.tick(this.now) },
      ...this.present
        .filter((client) => !client.frozen)
        .map((client) => ({
          at: client.delivery.deadline(),
          order: 0,
          run: () => this.#input(client, { t: 'tick' }),
        })),
    ];
    for (const timer of timers) {
      if (timer.at < (best?.at ?? Infinity)) best = { ...timer, at: Math.max(timer.at, this.now) };
    }
    if (best === null || best.at > until) return null;
    this.#events = this.#events.filter((event) => event !== best);
    return best;
  }

  #input(client: Client, input: Input): void {
    if (client.gone) return;
    if (client.frozen) {
      if (input.t !== 'tick') client.waiting.push(input);
      return;
    }
    for (const output of client.delivery.handle(this.now, input)) this.#output(client, output);
  }

  #output(client: Client, output: Output): void {
    client.history.push(output);
    switch (output.t) {
      case 'send': {
        const arrival = Math.max(client.lastUp, this.now + this.#latency());
        client.lastUp = arrival;
        if (arrival === Infinity) break;
        const { message } = output;
        this.at(arrival, () => {
          const heard = client.lastUp !== Infinity && !client.gone;
          return heard ? this.service.receive(client.id, message, this.now) : undefined;
        });
        break;
      }
      case 'run': {
        const { operation } = output;
        this.at(this.now, async () => {
          const result = await client.operations.run(operation);
          this.at(this.now + 2 + this.#random(40), () => {
            this.#input(client, { t: 'result', result });
          });
        });
        break;
      }
      case 'install':
        client.installed.add(output.epoch);
        break;
      case 'switch':
        if (!client.installed.has(output.epoch)) throw new Error('switched to what is not there');
        client.sending = output.epoch;
        break;
      case 'forget':
        if (client.sending === output.epoch) throw new Error('forgot what is in use');
        client.installed.delete(output.epoch);
        break;
      case 'forget-all':
        client.installed.clear();
        client.sending = null;
        break;
      case 'hold':
        client.held = output.on;
        break;
      case 'status':
        client.status = output.status;
        break;
      case 'refused':
        break;
    }
    if (client.installed.size > 3) throw new Error('more epochs than a frame can tell apart');
  }

  #down(to: Bytes, message: ServerMessage): void {
    const client = this.clients.find((known) => hex(known.id) === hex(to));
    if (client === undefined) return;
    const sent = this.tamper(client, message);
    const arrival = Math.max(client.lastDown, this.now + this.#latency());
    client.lastDown = arrival;
    if (sent === null || arrival === Infinity) return;
    this.at(arrival, () => {
      if (client.lastDown !== Infinity) this.#input(client, { t: 'server', message: sent });
    });
  }

  #latency(): number {
    return 5 + this.#random(60);
  }
}
