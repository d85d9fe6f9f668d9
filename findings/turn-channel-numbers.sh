#!/usr/bin/env bash
# coturn, pion/turn: channel numbers that RFC 8656 gave to other protocols can be bound.
#
# Guess: ChannelBind takes 0x4000 to 0x4FFF and answers 400 for the rest (RFC 8656, 12), for
# the first byte tells TURN from DTLS and RTP on one port (RFC 7983).
# Seen: coturn 4.6.1 still takes 0x4000 to 0x7FFF, the range of RFC 5766. pion/turn v5.1.3 takes
# every number, also 0x8000, whose first byte is that of an RTP packet, and 0x3FFF, in
# the range of DTLS, and peer port 0.
# Matters: a client that counts channels up from 0x4000 works with both until a server that
# follows the RFC says 400 to the 4,097th. Do not test a client's channel numbers with these.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

go_modules github.com/pion/turn/v5@v5.1.3
cp "$here"/lib/pion_turn.go main.go
cp "$here"/lib/turn_client.py .
go build -o pion .
deb_packages coturn=4.6.1-1 libevent-core-2.1-7 libevent-extra-2.1-7 libevent-openssl-2.1-7 \
  libevent-pthreads-2.1-7 libhiredis0.14 libmariadb3 libpq5 libsqlite3-0 libldap-2.5-0 libsasl2-2
export LD_LIBRARY_PATH=$lab/deb/usr/lib/x86_64-linux-gnu
cat >finding.py <<'PY'
import socket
import subprocess
import time

from turn_client import ALLOCATE, CHANNEL_BIND, UDP, Client, channel, peer


def ask(name, port):
    client = Client(port)
    client.ask(ALLOCATE, UDP)
    for number in (0x3FFF, 0x4000, 0x4FFF, 0x5000, 0x7FFF, 0x8000):
        answer = client.ask(CHANNEL_BIND, channel(number) + peer(20000 + number % 1000))
        print(f"{name}, {number:#06x}: {answer if isinstance(answer, str) else 'bound'}")


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
options = "-n --no-tls --no-dtls --no-cli --no-tcp -L 127.0.0.1 -E 127.0.0.1 -a -r finding --user u:p --log-file stdout"
coturn = subprocess.Popen(
    ["deb/usr/bin/turnserver", *options.split(), "--allow-loopback-peers", "--pidfile", "pid", "-p", str(port)],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
time.sleep(3)
ask("coturn", port)
coturn.terminate()
coturn.wait(10)
pion = subprocess.Popen("./pion", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
ask("pion", int(pion.stdout.readline()))
pion.stdin.close()
pion.wait(10)
PY
seen python3 finding.py
expected <<'TXT'
coturn, 0x3fff: error 400
coturn, 0x4000: bound
coturn, 0x4fff: bound
coturn, 0x5000: bound
coturn, 0x7fff: bound
coturn, 0x8000: error 400
pion, 0x3fff: bound
pion, 0x4000: bound
pion, 0x4fff: bound
pion, 0x5000: bound
pion, 0x7fff: bound
pion, 0x8000: bound
TXT
