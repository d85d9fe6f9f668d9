#!/usr/bin/env bash
# pion/turn: a client that asks for an hour or more gets ten minutes; one that asks for a second
# gets a second.
#
# Guess: the server takes the smaller of what is asked for and its maximum of an hour, and not
# less than the ten minutes of the default (RFC 8656, 7.2): 3600 and 7200 become 3600, and 1
# becomes 600. A Refresh without an allocation is answered with 437.
# Seen: pion/turn v5.1.3 grants 3599 as asked, but 600 for 3600 and everything above; 1 for 1;
# an Allocate with 0 is error 508. A Refresh after the allocation ended gets no answer.
# Matters: asking for more gives less. A client that computes its refresh timer from what it
# asked for, instead of the LIFETIME in the answer, loses the relay after ten minutes.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

go_modules github.com/pion/turn/v5@v5.1.3
cp "$here"/lib/pion_turn.go main.go
cp "$here"/lib/turn_client.py .
go build -o server .
cat >finding.py <<'PY'
import subprocess

from turn_client import ALLOCATE, REFRESH, UDP, Client, lifetime

server = subprocess.Popen("./server", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
port = int(server.stdout.readline())
for asked in (0, 1, 60, 1800, 3599, 3600, 7200):
    print(f"Allocate, {asked} s asked: {Client(port).granted(ALLOCATE, UDP + lifetime(asked))}")
client = Client(port)
client.ask(ALLOCATE, UDP)
for asked in (1, 3600, 0, 600):
    print(f"Refresh, {asked} s asked: {client.granted(REFRESH, lifetime(asked))}")
server.stdin.close()
server.wait(10)
PY
seen python3 finding.py
expected <<'TXT'
Allocate, 0 s asked: error 508
Allocate, 1 s asked: 1
Allocate, 60 s asked: 60
Allocate, 1800 s asked: 1800
Allocate, 3599 s asked: 3599
Allocate, 3600 s asked: 600
Allocate, 7200 s asked: 600
Refresh, 1 s asked: 1
Refresh, 3600 s asked: 600
Refresh, 0 s asked: 0
Refresh, 600 s asked: no answer
TXT
