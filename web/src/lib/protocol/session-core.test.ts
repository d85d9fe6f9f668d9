import { encode } from '@msgpack/msgpack';
import { beforeEach, describe, expect, it } from 'vitest';
import { random } from '../crypto/bytes';
import { SessionCore, type SessionEvent } from './session-core';
import type { ClientMessage } from './wire';

const room = 'a'.repeat(40);
const me = random(16);
const bob = { id: random(16), key_package: random(33), lobby: random(40), away: false };
const admission = {
  adm_pk: random(32),
  member: me,
  key_package: random(33),
  lobby: random(30),
  sig: random(64),
};

/** A server and a clock in the hands of the test. */
class Bench {
  now = 1_000_000;
  sent: ClientMessage[] = [];
  events: SessionEvent[] = [];
  connects = 0;
  closes = 0;
  renewals = 0;
  tickets: number[] = [];
  random = 1;
  core = new SessionCore(
    {
      connect: () => this.connects++,
      close: () => this.closes++,
      transmit: (message) => this.sent.push(message),
      sign: (_, ticket) => this.tickets.push(ticket),
      renewIdentity: () => this.renewals++,
      emit: (event) => this.events.push(event),
    },
    room,
    () => this.random,
  );

  say(message: object): void {
    const bytes = encode(message);
    this.core.message(new Uint8Array(bytes).buffer, this.now);
  }

  /** Lets time pass, with a tick at every deadline on the way. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let i = 0; i < 1000; i++) {
      const deadline = this.core.deadline();
      if (deadline === null || deadline > until) break;
      this.now = Math.max(this.now, deadline);
      this.core.tick(this.now);
    }
    this.now = until;
  }

  take(): ClientMessage[] {
    return this.sent.splice(0);
  }

  takeEvents(): string[] {
    return this.events.splice(0).map((event) => event.e);
  }

  admit(fields: object = {}): void {
    this.core.opened(this.now);
    this.say({ t: 'challenge', nonce: random(32), incarnation: 5 });
    this.core.signed(this.tickets.at(-1) ?? 0, admission, this.now);
    this.welcome(fields);
  }

  welcome(fields: object = {}): void {
    const base = { t: 'welcome', n: 1, you: me, session: 's1', resume_s: 30 };
    this.say({ ...base, topology: 'direct', members: [bob], ...fields });
  }

  enter(): void {
    this.core.start(this.now);
    this.admit();
    this.take();
    this.takeEvents();
  }

  /** The socket dies; the next one is open. */
  cut(): void {
    this.core.closed(this.now);
    this.pass(10_000);
    this.core.opened(this.now);
  }
}

let b: Bench;
beforeEach(() => {
  b = new Bench();
});

describe('a page that is hidden', () => {
  const said = () => b.take().filter(({ t }) => t === 'mls-visible');

  it('says so, and when it is seen again', () => {
    b.enter();
    b.core.show(false, b.now);
    b.core.show(false, b.now);
    b.core.show(true, b.now);
    expect(said()).toEqual([
      { t: 'mls-visible', n: 1, on: false },
      { t: 'mls-visible', n: 2, on: true },
    ]);
  });

  it('says so when it is admitted, also again', () => {
    b.core.show(false, b.now);
    b.core.start(b.now);
    b.admit();
    expect(said()).toEqual([{ t: 'mls-visible', n: 1, on: false }]);
    b.say({ t: 'bye', reason: 'room-restarted' });
    b.cut();
    b.admit();
    expect(said()).toEqual([{ t: 'mls-visible', n: 1, on: false }]);
  });

  it('need not say that it is seen', () => {
    b.core.show(true, b.now);
    b.core.start(b.now);
    b.admit();
    expect(said()).toEqual([]);
  });
});

describe('admission', () => {
  it('says hello, signs the nonce, and is in', () => {
    b.core.start(b.now);
    expect(b.connects).toBe(1);
    b.admit();
    expect(b.take()).toEqual([
      { t: 'hello', v: 1, room },
      { t: 'admit', ...admission },
    ]);
    const [welcome] = b.events;
    expect(welcome).toMatchObject({ e: 'welcome', you: me, again: false, topology: 'direct' });
    expect(b.core.token).toBe('s1');
  });

  it('uses a signature only for the challenge it was made for', () => {
    b.core.start(b.now);
    b.core.opened(b.now);
    b.say({ t: 'challenge', nonce: random(32), incarnation: 5 });
    const old = b.tickets[0] ?? -1;
    b.cut();
    b.say({ t: 'challenge', nonce: random(32), incarnation: 5 });
    b.take();
    b.core.signed(old, admission, b.now);
    expect(b.take()).toEqual([]);
    b.core.signed(b.tickets[1] ?? -1, admission, b.now);
    expect(b.take()).toHaveLength(1);
  });

  it('takes another identity when the first one is taken', () => {
    b.core.start(b.now);
    b.core.opened(b.now);
    b.say({ t: 'challenge', nonce: random(32), incarnation: 5 });
    b.core.signed(1, admission, b.now);
    b.say({ t: 'error', code: 'member-taken' });
    expect(b.renewals).toBe(1);
    b.pass(400);
    expect(b.connects).toBe(2);
  });

  it.each([
    ['version', 'version'],
    ['room-invalid', 'link-wrong'],
    ['room-expired', 'link-expired'],
    ['clock', 'clocks-differ'],
    ['room-full', 'room-full'],
    ['room-locked', 'room-locked'],
    ['too-many', 'too-many'],
  ])('ends at once on %s', (code, expected) => {
    b.core.start(b.now);
    b.core.opened(b.now);
    b.say({ t: 'error', code, retry_s: 7 });
    expect(b.events).toMatchObject([{ e: 'failed', code: expected }]);
    b.pass(100_000);
    expect(b.connects).toBe(1);
  });

  it('tries a refused signature again, but not for ever', () => {
    b.core.start(b.now);
    for (let i = 0; i < 3; i++) {
      b.core.opened(b.now);
      b.say({ t: 'error', code: 'admission' });
      b.pass(10_000);
    }
    expect(b.events).toMatchObject([{ e: 'failed', code: 'link-wrong' }]);
  });

  it('waits as long as the server says, and gives up after 20 s', () => {
    b.core.start(b.now);
    b.core.opened(b.now);
    b.say({ t: 'error', code: 'draining', retry_s: 5 });
    b.core.wake(b.now);
    b.pass(4_900);
    expect(b.connects).toBe(1);
    b.pass(1_200);
    expect(b.connects).toBe(2);
    b.pass(15_000);
    b.core.closed(b.now);
    expect(b.events.slice(1)).toMatchObject([{ e: 'failed', code: 'draining' }]);
  });

  it('gives up after 20 s without a server', () => {
    b.core.start(b.now);
    for (let i = 0; i < 20; i++) {
      b.pass(2_000);
      b.core.closed(b.now);
    }
    expect(b.events).toMatchObject([{ e: 'failed', code: 'server-unreachable' }]);
  });
});

describe('numbered messages', () => {
  beforeEach(() => b.enter());

  it('are taken once', () => {
    const app = { t: 'app', n: 2, from: bob.id, data: random(300) };
    b.say(app);
    b.say(app);
    b.say({ t: 'left', n: 3, id: bob.id, reason: 'left' });
    expect(b.takeEvents()).toEqual(['app', 'left']);
  });

  it('count on when they are of a later version', () => {
    b.say({ t: 'sparkle', n: 2 });
    b.pass(10_000);
    expect(b.take()).toEqual([{ t: 'ping', ack: 2 }]);
    expect(b.takeEvents()).toEqual([]);
  });

  it('are acknowledged early when many come', () => {
    for (let n = 2; n <= 33; n++) b.say({ t: 'away', n, id: bob.id });
    expect(b.take()).toEqual([{ t: 'ping', ack: 32 }]);
  });

  it('of mine are kept until acknowledged and sent again after a resume', () => {
    for (let i = 0; i < 3; i++) b.core.send({ t: 'app', data: random(10) }, b.now);
    const first = b.take();
    expect(first.map((m) => m.t === 'app' && m.n)).toEqual([1, 2, 3]);
    b.say({ t: 'pong', ack: 1 });
    b.say({ t: 'away', n: 2, id: bob.id });
    b.cut();
    b.core.send({ t: 'app', data: random(10) }, b.now);
    expect(b.take()).toEqual([{ t: 'hello', v: 1, room, resume: 's1', ack: 2 }]);
    b.say({ t: 'resumed', ack: 2, session: 's2' });
    expect(b.take().map((m) => m.t === 'app' && m.n)).toEqual([3, 4]);
    expect(b.takeEvents()).toEqual(['away', 'lost', 'resumed']);
    expect(b.core.token).toBe('s2');
  });

  it('beyond the limit end the session instead of filling the memory', () => {
    for (let i = 0; i < 257; i++) b.core.send({ t: 'app', data: new Uint8Array(1) }, b.now);
    expect(b.takeEvents()).toEqual(['lost']);
    b.take();
    b.pass(1_000);
    b.core.opened(b.now);
    expect(b.take()).toEqual([{ t: 'hello', v: 1, room }]);
  });
});

describe('a lost connection', () => {
  beforeEach(() => b.enter());

  it('is tried again after 0.3 s, doubling to 10 s', () => {
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      b.core.closed(b.now);
      waits.push((b.core.deadline() ?? 0) - b.now);
      b.pass(10_000);
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
  });

  it('waits less with jitter, never less than half', () => {
    b.random = 0;
    b.core.closed(b.now);
    expect((b.core.deadline() ?? 0) - b.now).toBe(150);
  });

  it('is tried at once when the network comes back', () => {
    for (let i = 0; i < 6; i++) {
      b.core.closed(b.now);
      b.pass(10_000);
    }
    b.core.closed(b.now);
    const before = b.connects;
    b.core.wake(b.now);
    expect(b.connects).toBe(before + 1);
  });

  it('is resumed within the lease, and admitted again when the server forgot it', () => {
    b.cut();
    expect(b.take()).toEqual([{ t: 'hello', v: 1, room, resume: 's1', ack: 1 }]);
    b.say({ t: 'error', code: 'resume-unknown' });
    expect(b.take()).toEqual([{ t: 'hello', v: 1, room }]);
    b.say({ t: 'challenge', nonce: random(32), incarnation: 6 });
    b.core.signed(b.tickets.at(-1) ?? 0, admission, b.now);
    b.welcome({ session: 's9' });
    expect(b.events.at(-1)).toMatchObject({ e: 'welcome', again: true, restarted: true });
    b.core.send({ t: 'app', data: random(1) }, b.now);
    expect(b.take().at(-1)).toMatchObject({ t: 'app', n: 1 });
  });

  it('is admitted again when the lease is over', () => {
    b.core.closed(b.now);
    b.now += 40_000;
    b.pass(0);
    b.admit();
    expect(b.take()[0]).toEqual({ t: 'hello', v: 1, room });
    expect(b.events.at(-1)).toMatchObject({ e: 'welcome', again: true, restarted: false });
  });

  it('that was announced changes nothing until it happens, and is tried again after a second', () => {
    b.say({ t: 'draining', on: true });
    b.say({ t: 'draining', on: false });
    expect(b.events.splice(0)).toEqual([
      { e: 'draining', on: true },
      { e: 'draining', on: false },
    ]);
    expect(b.closes).toBe(0);
    b.say({ t: 'bye', reason: 'draining' });
    expect(b.takeEvents()).toEqual(['draining', 'lost']);
    expect((b.core.deadline() ?? 0) - b.now).toBe(2_000); // a second, and up to one of jitter
  });

  it('never ends the call, however long it takes', () => {
    for (let i = 0; i < 100; i++) {
      b.pass(10_000);
      b.core.closed(b.now);
    }
    expect(b.takeEvents()).toEqual(['lost']);
  });

  it('keeps the identity when the server still has the old membership', () => {
    b.cut();
    b.say({ t: 'error', code: 'resume-unknown' });
    b.say({ t: 'error', code: 'member-taken' });
    expect(b.renewals).toBe(0);
    const before = b.connects;
    b.pass(4_000);
    expect(b.connects).toBe(before + 1);
  });

  it('is noticed when a ping stays without any answer', () => {
    b.pass(10_000);
    expect(b.take()).toEqual([{ t: 'ping', ack: 1 }]);
    b.pass(5_900);
    expect(b.takeEvents()).toEqual([]);
    b.pass(200);
    expect(b.takeEvents()).toEqual(['lost']);
  });

  it('is noticed sooner after waking up', () => {
    b.core.wake(b.now);
    b.pass(3_000);
    expect(b.takeEvents()).toEqual(['lost']);
  });

  it('is not suspected while pongs come', () => {
    for (let i = 0; i < 20; i++) {
      b.pass(10_000);
      b.say({ t: 'pong', ack: 0 });
    }
    expect(b.takeEvents()).toEqual([]);
    expect(b.take()).toHaveLength(20);
  });
});

describe('the end', () => {
  beforeEach(() => b.enter());

  it('is said, answered, and final', () => {
    b.core.leave(b.now);
    expect(b.take()).toEqual([{ t: 'leave' }]);
    b.say({ t: 'bye', reason: 'left' });
    b.core.closed(b.now);
    b.pass(60_000);
    expect(b.takeEvents()).toEqual(['ended']);
    expect(b.connects).toBe(1);
  });

  it('does not wait for an answer that never comes', () => {
    b.core.leave(b.now);
    b.pass(800);
    expect(b.takeEvents()).toEqual(['ended']);
  });

  it('comes when another socket took over', () => {
    b.say({ t: 'bye', reason: 'replaced' });
    expect(b.events).toMatchObject([{ e: 'failed', code: 'moved' }]);
  });

  it.each(['room-restarted', 'slow'])('is a new admission after "%s"', (reason) => {
    b.say({ t: 'bye', reason });
    b.pass(1_000);
    b.core.opened(b.now);
    expect(b.take()).toEqual([{ t: 'hello', v: 1, room }]);
    expect(b.takeEvents()).toEqual(['lost']);
  });

  it('of a draining server is waited out', () => {
    b.say({ t: 'bye', reason: 'draining' });
    expect(b.takeEvents()).toEqual(['draining', 'lost']);
    b.pass(3_000);
    expect(b.connects).toBe(2);
  });
});

it('what is not a message of this protocol ends the connection, not the call', () => {
  b.enter();
  b.core.message(new Uint8Array([0xc1, 0, 1]).buffer, b.now);
  expect(b.takeEvents()).toEqual(['lost']);
  b.pass(1_000);
  expect(b.connects).toBe(2);
});

describe('a machine that slept', () => {
  it('connects anew at once and resumes; the old socket is not asked', () => {
    b.enter();
    b.now += 14 * 3_600_000;
    b.core.slept(b.now);
    expect(b.takeEvents()).toEqual(['lost']);
    b.pass(300);
    expect(b.connects).toBe(2);
    b.core.opened(b.now);
    expect(b.take()).toMatchObject([{ t: 'hello', resume: 's1' }]);
  });

  it('does not go on waiting for a try that was far away', () => {
    b.enter();
    b.core.closed(b.now);
    b.core.slept(b.now);
    expect(b.connects).toBe(2);
  });
});

describe('the session token', () => {
  const another = () => {
    b.pass(1_000);
    b.core.opened(b.now);
    b.say({ t: 'resumed', ack: 0, session: 's2' });
  };

  it('is renewed with a resume long before its 24 hours are over', () => {
    b.enter();
    const answering = (until: number) => {
      while (b.now < until) {
        b.pass(Math.min(10_000, until - b.now));
        b.say({ t: 'pong', ack: 0 });
      }
    };
    answering(b.now + 18 * 3_600_000 - 1);
    expect(b.connects).toBe(1);
    b.pass(1);
    another();
    expect(b.connects).toBe(2);
    expect(b.core.token).toBe('s2');
  });

  it('is renewed when an endpoint refuses it, but not again and again', () => {
    b.enter();
    b.now += 10_000;
    b.core.renewToken(b.now);
    another();
    expect(b.core.token).toBe('s2');
    b.core.renewToken(b.now);
    expect(b.core.connected).toBe(true);
    expect(b.connects).toBe(2);
  });
});

describe('clocks that differ', () => {
  it.each([
    ['device', 'clock'],
    ['server', 'server-clock'],
    ['unknown', 'clocks-differ'],
    ['moon', 'clocks-differ'],
  ])('with %s suspected end with %s', (suspect, code) => {
    b.core.start(b.now);
    b.core.opened(b.now);
    b.say({ t: 'error', code: 'clock', time: 1_800_000_000, suspect });
    expect(b.events).toMatchObject([{ e: 'failed', code }]);
  });
});
