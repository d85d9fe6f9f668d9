/**
 * The group with everything around it, apart from workers and sockets: the
 * delivery of commits, the operations it asks for, keys for frames, application
 * messages and comparisons. What comes in is done one after the other.
 */
import { type Bytes, equal, hex } from '../crypto/bytes';
import type { KeyMessage } from '../e2ee/keys';
import { Compare } from './compare';
import { Delivery } from './delivery';
import type { Input, Output, View } from './delivery-types';
import { baseKeyOf, roomCode } from './exports';
import type { Group } from './group';
import type { FromGroup, Offer, ToGroup } from './host-messages';
import { Member, type MemberOptions } from './member';
import { Operations } from './operations';
import type { Room } from './room';
import { packSaid, type Said, unpackSaid } from './said';
import type { Suite } from './suite';

export interface HostPort {
  post(message: FromGroup): void;
  /** To the worker of the frames. */
  key(message: KeyMessage): void;
  /** `deadline` may be another. */
  rearm(): void;
}

export interface HostOptions extends MemberOptions {
  /** How many there were for this page before. */
  life?: number;
}

type Work = Exclude<ToGroup, { t: 'open' | 'ping' }>;

/** What waits to be done or said, at most. */
const maxWaiting = 512;
const maxUnsaid = 64;
const maxSpeakers = 256;
/** Others drop what has a number not higher than the last: another life begins far above. */
const saidInALife = 2 ** 32;
/** After having been removed. */
const returnAfter = 1000;

export class Host {
  #delivery: Delivery | null = null;
  #operations: Operations | null = null;
  #member: Member | null = null;
  readonly #compare: Compare;
  /** Steps of the comparison, one after the other. */
  #comparing: Promise<void> = Promise.resolve();
  #view: View | null = null;
  #work: Work[] = [];
  #working = false;
  #running: Promise<void> | null = null;
  #keys: Promise<void> = Promise.resolve();
  #unsaid: Said[] = [];
  /** Nothing may be sent: media by the frame worker, messages by us. */
  #held = false;
  /** Numbers of what we said, and the highest heard of each member. */
  #said: number;
  readonly #heard = new Map<string, number>();
  #returnAt = Infinity;
  #offered = false;

  constructor(
    private readonly room: Room,
    private readonly suite: Suite,
    private readonly port: HostPort,
    private readonly clock: () => number = () => performance.now(),
    private readonly options: HostOptions = {},
  ) {
    this.#said = saidInALife * (options.life ?? 0);
    this.#compare = new Compare(room.sasSalt, {
      say: (said) => this.#say(said),
      show: (comparison) => port.post({ t: 'comparison', comparison }),
    });
  }

  /** When to call `tick`. */
  deadline(): number {
    const delivery = this.#delivery?.deadline() ?? Infinity;
    return Math.min(delivery, this.#compare.deadline(), this.#returnAt);
  }

  tick(): void {
    const now = this.clock();
    this.#compare.tick(now);
    if (now >= this.#returnAt) {
      this.#returnAt = Infinity;
      this.#give({ t: 'start' });
    } else this.#give({ t: 'tick' });
  }

  take(message: Work): void {
    if (this.#work.length >= maxWaiting) {
      this.port.post({ t: 'broken', why: 'too much is waiting' });
      return;
    }
    this.#work.push(message);
    if (!this.#working) void this.#workOff();
  }

  /** Resolves when nothing is to be done before the next message or tick. */
  async idle(): Promise<void> {
    while (this.#working || this.#running !== null) {
      await (this.#running ?? new Promise((resolve) => setTimeout(resolve, 0)));
    }
    await this.#keys;
    await this.#comparing;
  }

  async #workOff(): Promise<void> {
    this.#working = true;
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
      try {
        await this.#do(next);
      } catch {
        // Nothing that comes from outside stops what comes after it.
      }
    }
    this.#working = false;
  }

  async #do(message: Work): Promise<void> {
    switch (message.t) {
      case 'offer': {
        const offer = await this.#offer(message.id);
        this.port.post({ t: 'offer', seq: message.seq, offer });
        break;
      }
      case 'admitted':
        this.#give({ t: 'connected', admitted: this.#offered });
        break;
      case 'connected':
      case 'disconnected':
      case 'rejoin':
        this.#give({ t: message.t });
        break;
      case 'server':
        this.#give({ t: 'server', message: message.message });
        break;
      case 'app':
        // What was sealed after a commit opens only after it.
        await this.#settled();
        await this.#open(message.data);
        break;
      case 'say':
        this.#say(message.said);
        break;
      case 'compare':
        this.#compareNext(async (compare) =>
          message.on ? compare.begin(this.clock()) : compare.stop(),
        );
        break;
      case 'code':
        await this.#code();
        break;
    }
  }

  async #settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** For `admit`: the key package that waits for its Welcome, or one to show beside a group. */
  async #offer(id: Bytes): Promise<Offer> {
    await this.#settled();
    if (this.#member === null || !equal(this.#member.id, id)) await this.#become(id);
    const delivery = this.#delivery as Delivery;
    if (delivery.view === null) {
      this.#returnAt = Infinity;
      if (delivery.keyPackage === null) {
        this.#give({ t: 'start' });
        await this.#settled();
      }
      this.#give({ t: 'disconnected' });
      this.#offered = true;
      if (delivery.keyPackage === null) throw new Error('no key package');
      return { keyPackage: delivery.keyPackage, incarnation: null };
    }
    this.#offered = false;
    const { bytes } = await (this.#member as Member).keyPackage();
    return { keyPackage: bytes, incarnation: delivery.incarnation };
  }

  /** Somebody new: an id and a signature key that nobody has seen. */
  async #become(id: Bytes): Promise<void> {
    await this.#operations?.group?.end().catch(() => {});
    this.#key({ k: 'forget-all' });
    this.#key({ k: 'hold', on: false });
    this.#held = false;
    this.#view = null;
    this.#returnAt = Infinity;
    this.#heard.clear();
    this.#member = await Member.create(this.room, this.suite, id, this.options);
    this.#operations = new Operations(this.#member);
    this.#delivery = new Delivery(id);
  }

  #give(input: Input): void {
    const delivery = this.#delivery;
    if (delivery === null) return;
    const before = delivery.view;
    const outputs = delivery.handle(this.clock(), input);
    if (delivery.view !== before) this.#view = delivery.view;
    for (const output of outputs) this.#obey(delivery, output);
    if (delivery.view !== before) this.#entered(delivery.view);
    this.port.rearm();
  }

  #obey(delivery: Delivery, output: Output): void {
    switch (output.t) {
      case 'send':
        this.port.post({ t: 'send', message: output.message });
        break;
      case 'run':
        this.#running = this.#run(delivery, output.operation);
        break;
      case 'install':
        this.#install(output.epoch);
        break;
      case 'switch':
      case 'forget':
        this.#key({ k: output.t, epoch: output.epoch });
        break;
      case 'forget-all':
        this.#key({ k: 'forget-all' });
        break;
      case 'hold':
        this.#held = output.on;
        this.#key({ k: 'hold', on: output.on });
        this.port.post({ t: 'hold', on: output.on });
        if (!output.on) this.#sayUnsaid();
        break;
      case 'refused':
        this.port.post({ t: 'refused', count: output.adds.length });
        break;
      case 'status': {
        const { status, reason = null } = output;
        this.port.post({ t: 'status', status, reason });
        if (status === 'removed') this.#returnAt = this.clock() + returnAfter;
        break;
      }
    }
  }

  async #run(
    delivery: Delivery,
    operation: Extract<Output, { t: 'run' }>['operation'],
  ): Promise<void> {
    const operations = this.#operations as Operations;
    const result = await operations.run(operation);
    this.#running = null;
    // Somebody else may be sitting here meanwhile.
    if (delivery === this.#delivery) this.#give({ t: 'result', result });
  }

  #entered(view: View | null): void {
    const authenticator = this.#group?.authenticator ?? new Uint8Array();
    this.#compareNext((compare) => compare.enter(view, authenticator, this.clock()));
    if (view === null) return;
    const roster = view.roster.map(({ leaf, memberId, signatureKey }) => {
      return { leaf, id: hex(memberId), signatureKey: hex(signatureKey) };
    });
    const group = hex(view.groupId);
    this.port.post({ t: 'roster', group, epoch: view.epoch, self: view.leaf, roster });
    this.#sayUnsaid();
  }

  #sayUnsaid(): void {
    for (const said of this.#unsaid.splice(0)) this.#say(said);
  }

  #compareNext(step: (compare: Compare) => Promise<void>): void {
    this.#comparing = this.#comparing
      .then(() => step(this.#compare))
      .catch(() => {})
      .then(() => this.port.rearm());
  }

  get #group(): Group | null {
    return this.#operations?.group ?? null;
  }

  /** In the order in which they are given. */
  #key(message: KeyMessage | Promise<KeyMessage>): void {
    this.#keys = this.#keys
      .then(async () => this.port.key(await message))
      .catch(() => this.port.post({ t: 'broken', why: 'keys' }));
  }

  #install(epoch: bigint): void {
    const group = this.#group;
    const view = this.#view;
    if (group === null || view === null || view.epoch !== epoch) return;
    const { frameSuite: suite } = this.suite;
    const roster = view.roster.map(({ leaf, memberId }) => ({ leaf, member: hex(memberId) }));
    const place = { group: hex(view.groupId), epoch, suite, self: view.leaf, roster };
    const message = async (): Promise<KeyMessage> => {
      return { k: 'install', base: await baseKeyOf(group), ...place };
    };
    this.#key(message());
  }

  #say(said: Said): void {
    const group = this.#group;
    if (group === null || this.#view === null || this.#held) {
      // A comparison is of one epoch, and this one is over.
      const lasts = said.k !== 'sas-commit' && said.k !== 'sas-nonce';
      if (lasts && this.#unsaid.length < maxUnsaid) this.#unsaid.push(said);
      return;
    }
    group.seal(packSaid(said, ++this.#said)).then(
      (data) => this.port.post({ t: 'app', data }),
      () => {},
    );
  }

  async #open(data: Bytes): Promise<void> {
    const group = this.#group;
    const view = this.#view;
    if (group === null || view === null) return;
    const { epoch, leaf, memberId, plaintext } = await group.open(data);
    const unpacked = unpackSaid(plaintext);
    const from = hex(memberId);
    if (unpacked === null || unpacked.s <= (this.#heard.get(from) ?? 0)) return;
    if (!this.#heard.has(from) && this.#heard.size >= maxSpeakers) return;
    this.#heard.set(from, unpacked.s);
    const { said } = unpacked;
    if (said.k === 'sas-commit' || said.k === 'sas-nonce') {
      if (epoch !== view.epoch) return;
      this.#compareNext((compare) => compare.hear(leaf, said, this.clock()));
    } else this.port.post({ t: 'heard', from, said });
  }

  async #code(): Promise<void> {
    await this.#settled();
    const group = this.#group;
    if (group === null) return;
    this.port.post({ t: 'code', digits: await roomCode(group.authenticator, group.roster()) });
  }
}
