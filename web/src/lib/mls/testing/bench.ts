/** A delivery of commits whose answers are written by hand; not part of the app. */
import { utf8 } from '../../crypto/bytes';
import { Delivery } from '../delivery/delivery';
import type {
  Input,
  OperationResult,
  Output,
  ServerMessage,
  View,
} from '../delivery/delivery-types';
import { switchAfter } from '../delivery/key-switch';

export const person = (n: number) => new Uint8Array(16).fill(n);
export const key = (n: number) => new Uint8Array(32).fill(n);

export function view(epoch: bigint, leaf: number, leaves: number[]): View {
  const roster = leaves.map((n) => {
    return { leaf: n, memberId: person(n), signatureKey: key(n), packaged: null };
  });
  return { groupId: key(9), epoch, leaf, roster, tag: utf8(`tag of ${epoch}`) };
}

interface Change {
  joined?: number;
  left?: number[];
}

/** A delivery with its answers written by hand. */
export class Bench {
  readonly delivery: Delivery;
  readonly leaf: number;
  now = 1000;
  seq = 7;
  hash = key(0);

  constructor(leaf: number) {
    this.leaf = leaf;
    this.delivery = new Delivery(person(leaf));
  }

  give(input: Input): Output[] {
    return this.delivery.handle(this.now, input);
  }

  server(message: ServerMessage): Output[] {
    return this.give({ t: 'server', message });
  }

  result(result: OperationResult): Output[] {
    return this.give({ t: 'result', result });
  }

  wait(milliseconds: number): Output[] {
    this.now += milliseconds;
    return this.give({ t: 'tick' });
  }

  /** In epoch 4 of incarnation 1, after the keys settled. */
  static member(leaf: number, leaves: number[]): Bench {
    const bench = new Bench(leaf);
    bench.give({ t: 'start' });
    bench.result({ is: 'fresh', keyPackage: utf8('key package') });
    const { seq, hash } = bench;
    bench.server({ t: 'welcome', incarnation: 1, seq, hash, welcome: utf8('welcome') });
    bench.result({ is: 'in', view: view(4n, leaf, leaves) });
    bench.wait(switchAfter);
    return bench;
  }

  duty(committer: number, adds: number[], removes: number[] = [], epoch = 4n): Output[] {
    return this.server({
      t: 'duty',
      incarnation: 1,
      epoch,
      committer: person(committer),
      adds: adds.map((n) => ({ memberId: person(n), keyPackage: utf8(`key package ${n}`) })),
      removes: removes.map((leaf) => ({ leaf, memberId: person(leaf) })),
    });
  }

  /** Somebody says which keys they have. */
  ready(n: number, epoch: bigint, tag = `tag of ${epoch}`): Output[] {
    return this.server({
      t: 'ready',
      incarnation: 1,
      epoch,
      memberId: person(n),
      tag: utf8(tag),
    });
  }

  committed(commit: string, epoch = 5n): Output[] {
    this.hash = key(++this.seq);
    const entry = { seq: this.seq, epoch, commit: utf8(commit), hash: this.hash };
    return this.server({ t: 'committed', incarnation: 1, entry });
  }

  next(leaves: number[], change: Change = {}): Output[] {
    const epoch = (this.delivery.view?.epoch ?? 0n) + 1n;
    const { joined = 0, left = [] } = change;
    const path = joined === 0 || left.length > 0;
    const next = view(epoch, this.leaf, leaves);
    return this.result({ is: 'next', view: next, joined, left, path });
  }
}

export const operations = (out: Output[]) =>
  out.flatMap((o) => (o.t === 'run' ? [o.operation.do] : []));
export const sent = (out: Output[]) => out.flatMap((o) => (o.t === 'send' ? [o.message.t] : []));
export const kinds = (out: Output[]) => out.map((o) => o.t);
