/**
 * Runs the group of a page, without workers and sockets: the delivery of commits, the
 * operations that it asks for, keys for frames, application messages and comparisons.
 * Inputs are handled one after the other.
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
  /** Sends a key message to the frame worker. */
  key(message: KeyMessage): void;
  /** `deadline` may have changed. */
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
/** A page that was removed from the group asks to be added again after this time. */
const returnDelayMs = 1000;

export class Host {
  #delivery: Delivery | null = null;
  #operations: Operations | null = null;
  #member: Member | null = null;
  readonly #compare: Compare;
  readonly #presence = new Presence((message) => this.#send(message));
  /** Steps of the comparison, one after the other. */
  #comparing: Promise<void> = Promise.resolve();
  #view: View | null = null;
  /** The time at which the current epoch began. */
  #since = 0;
  #work: Work[] = [];
  #working = false;
  #running: Promise<void> | null = null;
  #keys: Promise<void> = Promise.resolve();
  readonly #pending = new PendingMessages((message) => this.#reportDelivery(message, true));
  /** Line numbers of chat messages whose delivery the page wants to know. */
  readonly #lines = new WeakMap<PeerMessage, number>();
  /** The send gate is closed: the frame worker sends no media, this worker no messages. */
  #held = false;
  #online = true;
  /** There is no socket, or messages that were missed meanwhile have not all come yet. */
  #offline = false;
  /** Members that this epoch added: messages of their leaves from earlier epochs are not theirs. */
  #added = new Set<string>();
  /** The delivery knows of a silent member. */
  #silenceReported = false;
  /** The number of our newest message, and the highest received from each member. */
  #sentNumber: number;
  readonly #receivedNumbers = new Map<string, number>();
  #returnAt = Infinity;
  #offered = false;

  constructor(
    private readonly room: Room,
    private readonly suite: Suite,
    private readonly port: HostPort,
    private readonly clock: () => number = () => pageClock.elapsed(),
    private readonly options: HostOptions = {},
  ) {
    this.#sentNumber = numbersPerGeneration * (options.generation ?? 0);
    this.#compare = new Compare(room.sasSalt, {
      send: (message) => this.#send(message),
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
    this.#reportSilent();
    if (now >= this.#pending.deadline()) this.#sendPending();
    if (now >= this.#returnAt) {
      this.#returnAt = Infinity;
      this.#give({ t: 'start' });
    } else this.#give({ t: 'tick' });
  }

  take(message: Work): void {
    // Input beyond the limit is dropped: ending the worker would lose the group with it.
    const { t } = message;
    const outside = t === 'app' || t === 'server' || t === 'send';
    if (outside && this.#work.length >= maxOutside) {
      if (t === 'send' && message.line !== undefined) {
        this.port.post({ t: 'delivered', line: message.line, lost: true });
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

  /** Resolves when all work is done until the next message or tick. */
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
        // A failure on one message from outside must not stop the next one.
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
      case 'send':
        if (message.line !== undefined) this.#lines.set(message.message, message.line);
        this.#send(message.message);
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

  /** Makes the key package for `admit`: to be added with, or one to show when there is a group. */
  async #offer(id: Bytes): Promise<Offer> {
    await this.#settled();
    if (this.#member === null || !equal(this.#member.id, id)) await this.#become(id);
    const delivery = this.#delivery as Delivery;
    if (delivery.view === null) {
      this.#returnAt = Infinity;
      // A fresh key package each time: the server may have used the former one already.
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

  /** Becomes a new member, with a fresh id and signature key. */
  async #become(id: Bytes): Promise<void> {
    await this.#operations?.group?.end().catch(() => {});
    this.#key({ k: 'forget-all' });
    this.#key({ k: 'hold', on: false });
    this.#held = false;
    this.#view = null;
    this.#presence.enter(null, this.clock());
    this.#silenceReported = false;
    this.#offline = false;
    this.#pending.forgetOthers();
    this.#added.clear();
    this.#returnAt = Infinity;
    this.#receivedNumbers.clear();
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
    for (const output of outputs) this.#apply(delivery, output);
    if (delivery.view !== before) this.#entered(delivery.view, before);
    this.port.rearm();
  }

  #apply(delivery: Delivery, output: Output): void {
    switch (output.t) {
      case 'send':
        this.port.post({ t: 'server', message: output.message });
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
        if (!output.on) this.#sendPending();
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
    // This page may have become another member meanwhile.
    if (delivery === this.#delivery) this.#give({ t: 'result', result });
  }

  #upToDate(): void {
    if (!this.#offline) return;
    this.#offline = false;
    this.#presence.sendSoon(this.clock());
    this.#sendPending();
    this.port.rearm();
  }

  #reportSilent(): void {
    const leaves = this.#presence.silent;
    if (this.#silenceReported === leaves.length > 0) return;
    this.#silenceReported = !this.#silenceReported;
    this.#give({ t: 'silent', leaves });
  }

  #entered(view: View | null, before: View | null): void {
    const now = this.clock();
    this.#since = now;
    this.#presence.enter(view, now);
    this.#reportSilent();
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
    // When every other member is silent, pending chat still waits for all of them.
    const present = this.#present();
    this.#pending.enter(now, present.length > 0 ? present : this.#others(), arrived);
    this.#sendPending();
  }

  #others(): RosterEntry[] {
    const view = this.#view;
    return view?.roster.filter(({ leaf }) => leaf !== view.leaf) ?? [];
  }

  /** The other members without the silent ones. */
  #present(): RosterEntry[] {
    const silent = this.#presence.silent;
    return this.#others().filter(({ leaf }) => !silent.includes(leaf));
  }

  #sendPending(): void {
    if (this.#view === null) return;
    for (const message of this.#pending.take(this.clock(), this.#present())) this.#send(message);
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

  /** Passes key messages to the frame worker in the order of the calls. */
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

  #send(message: PeerMessage): void {
    const group = this.#group;
    // Presence holds no content, and the others may be waiting for it. A message sealed without
    // a socket could belong to an old epoch by the time there is one.
    const held = (this.#held && message.k !== 'here') || this.#offline;
    if (group === null || this.#view === null || held || this.#pending.waits(message)) {
      this.#pending.keep(message);
      return;
    }
    group.seal(packMessage(message, ++this.#sentNumber)).then(
      (data) => {
        this.port.post({ t: 'app', data });
        this.#reportDelivery(message, false);
      },
      () => this.#reportDelivery(message, true),
    );
  }

  #reportDelivery(message: PeerMessage, lost: boolean): void {
    const line = this.#lines.get(message);
    if (line !== undefined) this.port.post({ t: 'delivered', line, lost });
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
    if (unpacked === null || unpacked.s <= (this.#receivedNumbers.get(from) ?? 0)) return;
    const { s, message } = unpacked;
    this.#noteNumber(from, s, view);
    if (message.k === 'here') {
      this.#presence.receive(from, epoch, message, now);
      this.port.post({ t: 'received', from, message });
      this.tick();
    } else if (message.k === 'sas-commit' || message.k === 'sas-nonce') {
      if (epoch !== view.epoch) return;
      this.#compareNext((compare) => compare.receive(leaf, message, now));
    } else this.port.post({ t: 'received', from, message });
  }

  #noteNumber(from: string, s: number, view: View): void {
    if (!this.#receivedNumbers.has(from) && this.#receivedNumbers.size >= maxSpeakers) {
      const there = new Set(view.roster.map(({ memberId }) => hex(memberId)));
      for (const name of this.#receivedNumbers.keys())
        if (!there.has(name)) this.#receivedNumbers.delete(name);
    }
    this.#receivedNumbers.set(from, s);
  }

  async #code(): Promise<void> {
    await this.#settled();
    const group = this.#group;
    if (group === null) return;
    this.port.post({ t: 'code', digits: await roomCode(group.authenticator, group.roster()) });
  }
}
