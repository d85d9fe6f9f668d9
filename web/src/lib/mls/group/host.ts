/**
 * The group with everything around it, apart from workers and sockets: the
 * delivery of commits, the operations it asks for, keys for frames, application
 * messages and comparisons. What comes in is done one after the other.
 */
import { clock as pageClock } from '../../clock';
import { type Bytes, equal, hex } from '../../crypto/bytes';
import type { KeyMessage } from '../../e2ee/keys';
import { Delivery } from '../delivery/delivery';
import type { Input, Output, View } from '../delivery/delivery-types';
import { keepAfterJoin } from '../delivery/key-switch';
import { Presence } from '../delivery/presence';
import { type PeerMessage, packMessage, unpackMessage } from '../messages/peer-message';
import { PendingMessages } from '../messages/pending-messages';
import { Compare } from '../verify/compare';
import { baseKeyOf, roomCode } from './exports';
import type { Group } from './group';
import type { FromGroup, Offer, ToGroup } from './host-messages';
import { Member, type MemberOptions } from './member';
import { Operations } from './operations';
import type { Room } from './room';
import { find, isNew, type RosterEntry } from './roster';
import type { Suite } from './suite';

export interface HostPort {
  post(message: FromGroup): void;
  /** To the worker of the frames. */
  key(message: KeyMessage): void;
  /** `deadline` may be another. */
  rearm(): void;
}

export interface HostOptions extends MemberOptions {
  /** The number of group workers that this page had before. */
  generation?: number;
}

type Work = Exclude<ToGroup, { t: 'open' | 'ping' }>;

/** Limits of waiting operations and messages. */
const maxOutside = 512;
const maxWaiting = 1024;
const maxSpeakers = 32;
/** A member drops numbers that are not higher than the last: each generation begins far above. */
const numbersPerGeneration = 2 ** 32;
/** After having been removed. */
const returnDelayMs = 1000;

export class Host {
  #delivery: Delivery | null = null;
  #operations: Operations | null = null;
  #member: Member | null = null;
  readonly #compare: Compare;
  readonly #presence = new Presence((said) => this.#say(said));
  /** Steps of the comparison, one after the other. */
  #comparing: Promise<void> = Promise.resolve();
  #view: View | null = null;
  /** Since when the epoch is the one it is. */
  #since = 0;
  #work: Work[] = [];
  #working = false;
  #running: Promise<void> | null = null;
  #keys: Promise<void> = Promise.resolve();
  readonly #pending = new PendingMessages((said) => this.#tell(said, true));
  /** Numbers of chat that the page wants to hear of. */
  readonly #lines = new WeakMap<PeerMessage, number>();
  /** Nothing may be sent: media by the frame worker, messages by us. */
  #held = false;
  #online = true;
  /** Without a socket, or not up to date after it came back. */
  #offline = false;
  /** Members who were added with this epoch: what they said before is not theirs any more. */
  #added = new Set<string>();
  /** Somebody does not prove that they are there, as the delivery was told. */
  #missed = false;
  /** Numbers of what we said, and the highest heard of each member. */
  #said: number;
  readonly #heard = new Map<string, number>();
  #returnAt = Infinity;
  #offered = false;

  constructor(
    private readonly room: Room,
    private readonly suite: Suite,
    private readonly port: HostPort,
    private readonly clock: () => number = () => pageClock.elapsed(),
    private readonly options: HostOptions = {},
  ) {
    this.#said = numbersPerGeneration * (options.generation ?? 0);
    this.#compare = new Compare(room.sasSalt, {
      say: (said) => this.#say(said),
      show: (comparison) => port.post({ t: 'comparison', comparison }),
    });
  }

  /** When to call `tick`. */
  deadline(): number {
    const delivery = this.#delivery?.deadline() ?? Infinity;
    const presence = this.#presence.deadline();
    const waiting = Math.min(this.#returnAt, this.#pending.deadline());
    return Math.min(delivery, this.#compare.deadline(), presence, waiting);
  }

  tick(): void {
    const now = this.clock();
    this.#compare.tick(now);
    this.#presence.tick(now);
    this.#missSilent();
    if (now >= this.#pending.deadline()) this.#sayUnsaid();
    if (now >= this.#returnAt) {
      this.#returnAt = Infinity;
      this.#give({ t: 'start' });
    } else this.#give({ t: 'tick' });
  }

  take(message: Work): void {
    // Too much from outside is lost; a worker that ended because of it would forget who is there.
    const { t } = message;
    const outside = t === 'app' || t === 'server' || t === 'say';
    if (outside && this.#work.length >= maxOutside) {
      if (t === 'say' && message.line !== undefined) {
        this.port.post({ t: 'said', line: message.line, lost: true });
      }
      return;
    }
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
        this.#online = true;
        this.#give({ t: 'connected', admitted: this.#offered });
        break;
      case 'disconnected':
        this.#online = false;
        this.#offline = true;
        this.#give({ t: 'disconnected' });
        break;
      case 'connected':
        this.#online = true;
        this.#give({ t: 'connected' });
        break;
      case 'rejoin':
        this.#give({ t: 'rejoin' });
        break;
      case 'server':
        this.#give({ t: 'server', message: message.message });
        if (message.message.t === 'resumed') {
          await this.#settled();
          if (this.#delivery?.has(message.message.seq)) this.#upToDate();
        }
        break;
      case 'app':
        // Messages encrypted after a commit can be decrypted only after it.
        await this.#settled();
        await this.#open(message.data);
        break;
      case 'say':
        if (message.line !== undefined) this.#lines.set(message.said, message.line);
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
      // Always another one: the one before may have been used without our knowing.
      this.#give({ t: 'start' });
      await this.#settled();
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
    this.#presence.enter(null, this.clock());
    this.#missed = false;
    this.#offline = false;
    this.#pending.forgetOthers();
    this.#added.clear();
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
    if (delivery.view !== before) this.#entered(delivery.view, before);
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
        if (status === 'removed') this.#returnAt = this.clock() + returnDelayMs;
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

  #upToDate(): void {
    if (!this.#offline) return;
    this.#offline = false;
    this.#presence.sendSoon(this.clock());
    this.#sayUnsaid();
    this.port.rearm();
  }

  #missSilent(): void {
    const leaves = this.#presence.silent;
    if (this.#missed === leaves.length > 0) return;
    this.#missed = !this.#missed;
    this.#give({ t: 'silent', leaves });
  }

  #entered(view: View | null, before: View | null): void {
    const now = this.clock();
    this.#since = now;
    this.#presence.enter(view, now);
    this.#missSilent();
    const added = (view?.roster ?? []).filter((entry) => isNew(entry, before?.roster ?? []));
    this.#added = new Set(added.map(({ memberId }) => hex(memberId)));
    const authenticator = this.#group?.authenticator ?? new Uint8Array();
    this.#compareNext((compare) => compare.enter(view, authenticator, this.clock()));
    if (view === null) {
      this.#pending.leave();
      return;
    }
    const roster = view.roster.map(({ leaf, memberId, signatureKey, packaged }) => {
      return { leaf, id: hex(memberId), signatureKey: hex(signatureKey), packaged };
    });
    const group = hex(view.groupId);
    this.port.post({ t: 'roster', group, epoch: view.epoch, self: view.leaf, roster });
    const arrived = before === null;
    if (arrived) this.#offline = !this.#online;
    // When nobody proves to be there, it is still for them that words wait.
    const present = this.#present();
    this.#pending.enter(now, present.length > 0 ? present : this.#others(), arrived);
    this.#sayUnsaid();
  }

  #others(): RosterEntry[] {
    const view = this.#view;
    return view?.roster.filter(({ leaf }) => leaf !== view.leaf) ?? [];
  }

  /** The others, but for those who do not prove that they are there. */
  #present(): RosterEntry[] {
    const silent = this.#presence.silent;
    return this.#others().filter(({ leaf }) => !silent.includes(leaf));
  }

  #sayUnsaid(): void {
    if (this.#view === null) return;
    for (const said of this.#pending.take(this.clock(), this.#present())) this.#say(said);
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

  #say(said: PeerMessage): void {
    const group = this.#group;
    // That we are there says nothing else, and may be what the others wait for. What is
    // sealed without a socket could be of an old epoch when there is one.
    const held = (this.#held && said.k !== 'here') || this.#offline;
    if (group === null || this.#view === null || held || this.#pending.waits(said)) {
      this.#pending.keep(said);
      return;
    }
    group.seal(packMessage(said, ++this.#said)).then(
      (data) => {
        this.port.post({ t: 'app', data });
        this.#tell(said, false);
      },
      () => this.#tell(said, true),
    );
  }

  #tell(said: PeerMessage, lost: boolean): void {
    const line = this.#lines.get(said);
    if (line !== undefined) this.port.post({ t: 'said', line, lost });
  }

  async #open(data: Bytes): Promise<void> {
    const group = this.#group;
    if (group === null || this.#view === null) return;
    const { epoch, leaf, memberId, plaintext } = await group.open(data);
    const view = this.#view;
    const now = this.clock();
    if (view === null) return;
    const from = hex(memberId);
    const old = epoch !== view.epoch;
    const late = old && (now >= this.#since + keepAfterJoin || this.#added.has(from));
    if (late || find(view.roster, memberId)?.leaf !== leaf) return;
    const unpacked = unpackMessage(plaintext);
    if (unpacked === null || unpacked.s <= (this.#heard.get(from) ?? 0)) return;
    const { s, said } = unpacked;
    this.#listen(from, s, view);
    if (said.k === 'here') {
      this.#presence.heard(from, epoch, said, now);
      this.port.post({ t: 'heard', from, said });
      this.tick();
    } else if (said.k === 'sas-commit' || said.k === 'sas-nonce') {
      if (epoch !== view.epoch) return;
      this.#compareNext((compare) => compare.hear(leaf, said, now));
    } else this.port.post({ t: 'heard', from, said });
  }

  #listen(from: string, s: number, view: View): void {
    if (!this.#heard.has(from) && this.#heard.size >= maxSpeakers) {
      const there = new Set(view.roster.map(({ memberId }) => hex(memberId)));
      for (const name of this.#heard.keys()) if (!there.has(name)) this.#heard.delete(name);
    }
    this.#heard.set(from, s);
  }

  async #code(): Promise<void> {
    await this.#settled();
    const group = this.#group;
    if (group === null) return;
    this.port.post({ t: 'code', digits: await roomCode(group.authenticator, group.roster()) });
  }
}
