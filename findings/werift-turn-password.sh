#!/usr/bin/env bash
# werift: a wrong TURN password shows up as a timeout after six seconds.
#
# Guess: the server answers 401 to the authenticated Allocate at once, and the promise is
# rejected with that error in the same millisecond.
# Seen: werift 0.25.2 throws the answer away, since it has no MESSAGE-INTEGRITY, repeats the request
# until it gives up, and reports a TransactionTimeout. RFC 8489 (9.2.4) has 401 and 438 sent
# without it, for the server may not know the key.
# Matters: an expired credential cannot be told from a server that is down; an application that
# fetches new credentials on 401 never does.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

go_modules github.com/pion/turn/v5@v5.1.3
cp "$here"/lib/pion_turn.go main.go
go build -o server .
npm_packages werift@0.25.2
cat >finding.mjs <<'JS'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createTurnClient } from 'werift';

const server = spawn('./server', { stdio: ['pipe', 'pipe', 'ignore'] });
const [line] = await once(server.stdout, 'data');
for (const password of ['p', 'wrong']) {
  const start = performance.now();
  const options = { address: ['127.0.0.1', Number(line)], username: 'u', password };
  const outcome = await createTurnClient(options, {}).then(() => 'allocated', (error) => error.constructor.name);
  const took = performance.now() - start;
  console.log(`password ${password}: ${outcome}, ${took < 3000 ? 'at once' : 'after more than 5 s'}`);
}
server.stdin.end();
await once(server, 'exit');
process.exit();
JS
seen node finding.mjs
expected <<'TXT'
password p: allocated, at once
password wrong: TransactionTimeout, after more than 5 s
TXT
