/** Hosts of one room with the server's double between them, in virtual time. */
import { type Bytes, hex, random } from '../../crypto/bytes';
import type { KeyMessage } from '../../e2ee/keys';
import type { ServerMessage } from '../delivery/delivery-types';
import { Host } from '../group/host';
import type { FromGroup, Offer } from '../group/host-messages';
import type { Room } from '../group/room';
import type { Suite } from '../group/suite';
import type { PeerMessage } from '../messages/peer-message';
import type { Comparison } from '../verify/compare';
import { fastSuite } from './fast-suite';
import { newRoom } from './members';
import { Service } from './service';

type Of<T extends FromGroup['t']> = Extract<FromGroup, { t: T }>;

/** A page with its group worker, without a frame worker: keys are collected. */
export class TestPage {
  id = random(16);
  host: Host;
  readonly posted: FromGroup[] = [];
  readonly keys: KeyMessage[] = [];
  online = false;
  /** Milliseconds for which its machine slept; the others' clocks went on as usual. */
  slept = 0;
  /** When its worker's timer ends, as it was set last. */
  due = Infinity;
  /** Changes the server's messages to this page; null drops one. */
  tamper: (message: ServerMessage) => ServerMessage | null = (message) => message;
  #offers = new Map<number, (offer: Offer) => void>();
  #seq = 0;
  #generation = 0;

  constructor(
    private readonly testRoom: TestRoom,
    private readonly room: Room,
    private readonly suite: Suite,
  ) {
    this.host = this.#live(0);
  }

  #live(generation: number): Host {
    // One that died posts nothing more.
    const alive = () => this.#generation === generation;
    this.#generation = generation;
    const port = {
      post: (message: FromGroup) => alive() && this.#post(message),
      key: (key: KeyMessage) => alive() && void this.keys.push(key),
      rearm: () => alive() && this.#rearm(),
    };
    const options = { timeout: 60_000, generation };
    return new Host(this.room, this.suite, port, () => this.testRoom.now + this.slept, options);
  }

  /** The worker dies, and the page puts another one in its place. */
  async renew(): Promise<void> {
    this.host = this.#live(this.#generation + 1);
    this.keys.push({ k: 'forget-all' });
    const seq = ++this.#seq;
    const offered = new Promise<Offer>((resolve) => this.#offers.set(seq, resolve));
    this.host.take({ t: 'offer', seq, id: this.id });
    await offered;
    this.host.take({ t: 'connected' });
    await this.testRoom.settle();
  }

  tick(): void {
    this.host.tick();
    this.#rearm();
  }

  #rearm(): void {
    this.due = this.host.deadline() - this.slept;
  }

  get name(): string {
    return hex(this.id);
  }

  last<T extends FromGroup['t']>(t: T): Of<T> | undefined {
    return this.posted.findLast((message): message is Of<T> => message.t === t);
  }

  all<T extends FromGroup['t']>(t: T): Of<T>[] {
    return this.posted.filter((message): message is Of<T> => message.t === t);
  }

  get roster(): string[] {
    return (this.last('roster')?.roster ?? []).map(({ id }) => id).sort();
  }

  get comparison(): Comparison {
    return this.last('comparison')?.comparison ?? { is: 'idle' };
  }

  received(): PeerMessage[] {
    return this.all('received').map(({ message }) => message);
  }

  /** State of the frame worker: epochs, the sending epoch, and whether it may send. */
  frames(): { epochs: bigint[]; sealing: bigint | null; hold: boolean } {
    let epochs: bigint[] = [];
    let sealing: bigint | null = null;
    let hold = false;
    for (const key of this.keys) {
      if (key.k === 'install') epochs.push(key.epoch);
      else if (key.k === 'switch') sealing = key.epoch;
      else if (key.k === 'hold') hold = key.on;
      else if (key.k === 'forget') epochs = epochs.filter((epoch) => epoch !== key.epoch);
      else [epochs, sealing] = [[], null];
    }
    return { epochs, sealing, hold };
  }

  async enter(): Promise<void> {
    const seq = ++this.#seq;
    const offered = new Promise<Offer>((resolve) => this.#offers.set(seq, resolve));
    this.host.take({ t: 'offer', seq, id: this.id });
    const { keyPackage, incarnation } = await offered;
    this.online = true;
    const { service, now } = this.testRoom;
    service.connect(this.id);
    this.host.take({ t: 'admitted' });
    // The key package of an admission counts as a join.
    if (incarnation === null) await service.receive(this.id, { t: 'join', keyPackage }, now);
    await this.testRoom.settle();
  }

  send(message: PeerMessage, line?: number): void {
    this.host.take({ t: 'send', message, ...(line !== undefined && { line }) });
  }

  leave(): void {
    this.online = false;
    this.testRoom.service.leave(this.id, this.testRoom.now);
  }

  #post(message: FromGroup): void {
    this.posted.push(message);
    if (message.t === 'offer') this.#offers.get(message.seq)?.(message.offer);
    else if (message.t === 'server' && this.online) this.testRoom.send(this, message.message);
    else if (message.t === 'app' && this.online) this.testRoom.relay(this, message.data);
  }
}

export class TestRoom {
  now = 0;
  readonly pages: TestPage[] = [];
  readonly service: Service;
  /** All application messages there were. */
  readonly relayed: { from: TestPage; data: Bytes }[] = [];
  relaying = true;
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    readonly room: Room,
    readonly suite: Suite,
  ) {
    this.service = new Service(room, suite, (to, message) => {
      const page = this.pages.find((one) => one.name === hex(to));
      const told = page?.online ? page.tamper(message) : null;
      if (told !== null) page?.host.take({ t: 'server', message: told });
    });
  }

  static async build(room?: Room): Promise<TestRoom> {
    return new TestRoom(room ?? (await newRoom()), await fastSuite());
  }

  /** Adds `count` pages, one after the other, and settles their keys. */
  async addPages(count: number): Promise<TestPage[]> {
    const added: TestPage[] = [];
    for (let i = 0; i < count; i++) {
      const page = new TestPage(this, this.room, this.suite);
      this.pages.push(page);
      added.push(page);
      await page.enter();
      await this.pass(400);
    }
    return added;
  }

  send(from: TestPage, message: Of<'server'>['message']): void {
    this.#sending = this.#sending.then(() => this.service.receive(from.id, message, this.now));
  }

  relay(from: TestPage, data: Bytes): void {
    this.relayed.push({ from, data });
    if (!this.relaying) return;
    for (const page of this.pages) {
      if (page !== from && page.online) page.host.take({ t: 'app', data });
    }
  }

  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      const before = this.pages.reduce((sum, one) => sum + one.posted.length, 0);
      await Promise.all(this.pages.map((one) => one.host.idle()));
      await this.#sending;
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.pages.reduce((sum, one) => sum + one.posted.length, 0) !== before) quiet = -1;
    }
  }

  async pass(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    for (;;) {
      await this.settle();
      const due = Math.min(this.service.deadline(), ...this.pages.map((g) => g.due));
      if (due > until) break;
      this.now = Math.max(this.now, due);
      if (this.service.deadline() <= this.now) this.service.tick(this.now);
      for (const page of this.pages) if (page.due <= this.now) page.tick();
    }
    this.now = until;
  }
}
