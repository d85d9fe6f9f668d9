#!/usr/bin/env bash
# LiveKit tokens: a ttl of 0, or one that is not a number, means six hours in JavaScript and
# no time at all in Python.
#
# Guess: the server SDKs of one project agree: a ttl of 0 makes a token that is over at once
# or is refused, and NaN is an error.
# Seen: livekit-server-sdk 2.19.2 takes 0 and NaN for "not given" and makes a token of
# 21,600 s; "600" without a unit is an error, 600 are seconds. livekit-api 1.2.2 for Python
# writes exp = nbf.
# Matters: Number(process.env.TTL) of a variable that is not set is NaN: six hours instead
# of a start that fails. Check the number before.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

npm_packages livekit-server-sdk@2.19.2
py_packages livekit-api==1.2.2
cat >finding.mjs <<'JS'
import { AccessToken } from 'livekit-server-sdk';

const secret = 'secret'.repeat(6);
async function token(ttl) {
  const access = new AccessToken('key', secret, { identity: 'somebody', ttl });
  access.addGrant({ roomJoin: true, room: 'room' });
  return await access.toJwt();
}
for (const ttl of [600, 0, Number(undefined), '10m', '600']) {
  try {
    const { exp, nbf } = JSON.parse(Buffer.from((await token(ttl)).split('.')[1], 'base64url'));
    console.log(`JavaScript, ${JSON.stringify(ttl)}${Number.isNaN(ttl) ? ' (NaN)' : ''}: ${exp - nbf} s`);
  } catch (error) {
    console.log(`JavaScript, ${JSON.stringify(ttl)}: ${error.name}`);
  }
}
JS
cat >finding.py <<'PY'
import base64
import datetime
import json

from livekit import api

for ttl in (600, 0):
    access = api.AccessToken("key", "secret" * 6).with_identity("somebody")
    token = access.with_ttl(datetime.timedelta(seconds=ttl)).to_jwt().split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=="))
    print(f"Python, {ttl}: {claims['exp'] - claims['nbf']} s")
PY
both() {
  node finding.mjs
  "$python" finding.py
}
seen both
expected <<'TXT'
JavaScript, 600: 600 s
JavaScript, 0: 21600 s
JavaScript, null (NaN): 21600 s
JavaScript, "10m": 600 s
JavaScript, "600": TypeError
Python, 600: 600 s
Python, 0: 0 s
TXT
