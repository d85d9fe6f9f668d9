"""Just enough of STUN and TURN (RFC 8489, RFC 8656) to ask a server on 127.0.0.1 over UDP."""

import hashlib
import hmac
import os
import socket
import struct

COOKIE = 0x2112A442
ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND = 3, 4, 8, 9


def attribute(number, value):
    return struct.pack(">HH", number, len(value)) + value + bytes(-len(value) % 4)


def lifetime(seconds):
    return attribute(0x0D, struct.pack(">I", seconds))


def channel(number):
    return attribute(0x0C, struct.pack(">HH", number, 0))


def peer(port):
    address = struct.unpack(">I", socket.inet_aton("127.0.0.1"))[0] ^ COOKIE
    return attribute(0x12, struct.pack(">BBHI", 0, 1, port ^ (COOKIE >> 16), address))


UDP = attribute(0x19, bytes([17, 0, 0, 0]))


class Client:
    """A five-tuple of its own, user "u" with password "p"."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(3)
        self.realm = self.nonce = None

    def ask(self, method, attributes):
        """The attributes of the answer, or what went wrong in words."""
        for _ in range(3):
            answer = self._exchange(method, attributes)
            if answer is None:
                return "no answer"
            kind, found = answer
            if not kind & 0x0110 == 0x0110:
                return found
            code = found[0x09][2] * 100 + found[0x09][3]
            if code not in (401, 438) or self.nonce == found.get(0x15):
                return f"error {code}"
            self.realm, self.nonce = found[0x14], found[0x15]
        return f"error {code}"

    def granted(self, method, attributes):
        """The lifetime in the answer."""
        answer = self.ask(method, attributes)
        return answer if isinstance(answer, str) else struct.unpack(">I", answer[0x0D])[0]

    def _exchange(self, method, attributes):
        transaction = os.urandom(12)
        body = attributes
        if self.nonce is not None:
            body += attribute(0x06, b"u") + attribute(0x14, self.realm) + attribute(0x15, self.nonce)
            key = hashlib.md5(b"u:" + self.realm + b":p").digest()
            head = struct.pack(">HHI", method, len(body) + 24, COOKIE) + transaction
            body += attribute(0x08, hmac.new(key, head + body, hashlib.sha1).digest())
        self.socket.send(struct.pack(">HHI", method, len(body), COOKIE) + transaction + body)
        try:
            answer = self.socket.recv(2048)
            while answer[8:20] != transaction:
                answer = self.socket.recv(2048)
        except TimeoutError:
            return None
        found, at = {}, 20
        while at < len(answer):
            number, length = struct.unpack_from(">HH", answer, at)
            found.setdefault(number, answer[at + 4 : at + 4 + length])
            at += 4 + length + -length % 4
        return struct.unpack_from(">H", answer)[0], found
