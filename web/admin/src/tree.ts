import type { ActorNode, Change } from './types';

/** A line of the tree that is shown. */
export interface Row {
  node: ActorNode;
  level: number;
  children: number;
  open: boolean;
  /** Place among its siblings, from 1, and how many they are. */
  position: number;
  siblings: number;
}

export const historyLength = 60;

/** Messages handled between two looks, the newest last. */
export type History = number[];

const kinds = ['registry', 'limiter', 'relay', 'sfu', 'allocation', 'room', 'peer'];
const order = (a: ActorNode, b: ActorNode) =>
  kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.since - b.since || (a.id < b.id ? -1 : 1);

/** The actors as they are known, and which of them are folded. */
export class ActorTree {
  nodes = new Map<string, ActorNode>();
  #history = new Map<string, History>();
  #last = new Map<string, number>();
  folded = new Set<string>();

  replace(nodes: ActorNode[]) {
    this.nodes = new Map(nodes.map((n) => [n.id, n]));
    this.#forget();
  }

  apply({ changed, gone }: Change) {
    for (const id of gone) this.nodes.delete(id);
    for (const node of changed) this.nodes.set(node.id, node);
    this.#forget();
  }

  #forget() {
    for (const id of this.#last.keys()) {
      if (this.nodes.has(id)) continue;
      this.#last.delete(id);
      this.#history.delete(id);
      this.folded.delete(id);
    }
  }

  /** To be called about once a second: what each has handled since the last time. */
  sample() {
    for (const [id, { messages }] of this.nodes) {
      const history = this.#history.get(id) ?? [];
      const before = this.#last.get(id) ?? messages;
      // Another actor of that name began at zero.
      history.push(messages >= before ? messages - before : messages);
      if (history.length > historyLength) history.shift();
      this.#history.set(id, history);
      this.#last.set(id, messages);
    }
  }

  history(id: string): History {
    return this.#history.get(id) ?? [];
  }

  /** Visible rows: folded branches are left out; with `search`, only matches and their paths. */
  rows(search = ''): Row[] {
    const below = new Map<string, ActorNode[]>();
    for (const node of this.nodes.values()) {
      const parent = this.nodes.has(node.parent) ? node.parent : '';
      const list = below.get(parent) ?? [];
      list.push(node);
      below.set(parent, list);
    }
    const words = search.trim().toLowerCase();
    const matches = (n: ActorNode): boolean =>
      `${n.id} ${n.state} ${n.peer ?? ''}`.includes(words) || (below.get(n.id) ?? []).some(matches);
    const rows: Row[] = [];
    const add = (parent: string, level: number) => {
      const here = (below.get(parent) ?? []).filter((n) => !words || matches(n)).sort(order);
      here.forEach((node, i) => {
        const children = below.get(node.id)?.length ?? 0;
        const open = children > 0 && (words !== '' || !this.folded.has(node.id));
        rows.push({ node, level, children, open, position: i + 1, siblings: here.length });
        if (open) add(node.id, level + 1);
      });
    };
    add('', 1);
    return rows;
  }
}

/** Effect of a key in a tree (ARIA authoring practices, "tree view"). */
export type Move = { select: string } | { fold: string } | { unfold: string } | null;

export function move(rows: Row[], at: string, key: string): Move {
  const i = Math.max(
    0,
    rows.findIndex((r) => r.node.id === at),
  );
  const row = rows[i];
  if (!row) return null;
  const select = (r: Row | undefined): Move => (r ? { select: r.node.id } : null);
  switch (key) {
    case 'ArrowDown':
      return select(rows[i + 1]);
    case 'ArrowUp':
      return select(rows[i - 1]);
    case 'Home':
      return select(rows[0]);
    case 'End':
      return select(rows.at(-1));
    case 'ArrowRight':
      if (row.children === 0) return null;
      return row.open ? select(rows[i + 1]) : { unfold: row.node.id };
    case 'ArrowLeft':
      if (row.open) return { fold: row.node.id };
      return select(rows.find((r) => r.node.id === row.node.parent));
    default:
      return null;
  }
}

/** The points of a line in a box of `width` by `height`. */
export function sparkline(values: History, width: number, height: number): string {
  const top = Math.max(1, ...values);
  const step = width / (historyLength - 1);
  const start = historyLength - values.length;
  return values
    .map((v, i) => `${((start + i) * step).toFixed(1)},${(height - (v / top) * height).toFixed(1)}`)
    .join(' ');
}

/** `75` seconds are `1 m 15 s`. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} m`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** How well an actor is, by its state and mailbox. */
export function health(n: ActorNode): 'good' | 'waiting' | 'bad' {
  if (['away', 'draining', 'empty'].includes(n.state) || n.mailbox > 100) {
    return n.kind === 'limiter' || n.mailbox > 100 ? 'bad' : 'waiting';
  }
  return n.state === 'silent' ? 'bad' : 'good';
}

export interface Action {
  label: string;
  path: string;
  /** Question before the action. */
  question: string;
}

/** Actions on an actor. */
export function actions(n: ActorNode): Action[] {
  const out: Action[] = [];
  if (n.kind === 'peer') {
    out.push({
      label: 'Kick',
      path: `peers/${n.name}/kick`,
      question: 'Remove this person from the room? They are told so, and the link still works.',
    });
  }
  if (n.kind === 'room') {
    out.push({
      label: 'Close room',
      path: `rooms/${n.name}/close`,
      question: 'Send everybody in this room away? The link still works afterwards.',
    });
    out.push(
      n.state === 'locked'
        ? {
            label: 'Unlock room',
            path: `rooms/${n.name}/unlock`,
            question: 'Let people in again who have the link?',
          }
        : {
            label: 'Lock room',
            path: `rooms/${n.name}/lock`,
            question: 'Let nobody new in? Those inside stay, and come back after an interruption.',
          },
    );
  }
  if (n.kind === 'allocation') {
    out.push({
      label: 'Close allocation',
      path: `allocations/${n.name}/close`,
      question: 'End this allocation? A relayed call breaks off and reconnects.',
    });
  }
  if (n.kind !== 'registry' && n.kind !== 'relay') {
    out.push({
      label: 'Kill actor',
      path: `actors/${n.id}/kill`,
      question: 'Let this actor crash, to see that the rest recovers?',
    });
  }
  return out;
}
