// Two allocations of werift's TURN client talk to each other (contract: ../README.md).
import { ask, drive, End, exchange, load, openPath, timed } from './contract.mjs';

const { createTurnClient } = load('werift');

async function allocate(user) {
  const turn = await createTurnClient(
    { address: [ask.host, ask.port], ...user },
    { transport: ask.transport },
  );
  const end = new End((bytes) => turn.sendData(bytes, end.peer));
  turn.onData.subscribe((bytes) => end.take(bytes));
  return Object.assign(end, { turn });
}

await drive('werift', async () => {
  const a = await timed('allocate', () => allocate(ask.a));
  const b = await timed('allocate', () => allocate(ask.b));
  a.peer = b.turn.relayedAddress;
  b.peer = a.turn.relayedAddress;
  // A connection of werift asks for the permission before it checks a pair.
  await timed('permission', () => Promise.all([a.turn.getPermission(a.peer), b.turn.getPermission(b.peer)]));
  await timed('open', () => openPath(a, b));
  const seen = await exchange(a, b);
  await timed('close', () => Promise.all([a.turn.close(), b.turn.close()]));
  return seen;
});
