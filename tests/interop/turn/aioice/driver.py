"""Two allocations of aioice talk to each other (contract: ../README.md)."""

import asyncio
import importlib.metadata
import json
import struct
import sys
import time

from aioice import turn

ask = json.loads(sys.argv[1])
steps = {}


class Receiver(asyncio.DatagramProtocol):
    def __init__(self):
        self.numbers = set()
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()

    def connection_lost(self, exc):
        self.closed.set()

    def datagram_received(self, data, addr):
        number = struct.unpack("!I", data[:4])[0]
        if number == 0:
            self.opened.set()
        else:
            self.numbers.add(number)


async def timed(step, work):
    begun = time.perf_counter()
    try:
        return await asyncio.wait_for(work, ask["timeout_ms"] / 1000)
    except Exception as error:
        error.step = step
        raise
    finally:
        steps[step] = (time.perf_counter() - begun) * 1000


async def allocate(user):
    return await turn.create_turn_endpoint(
        Receiver,
        server_addr=(ask["host"], ask["port"]),
        username=user["username"],
        password=user["password"],
        transport=ask["transport"],
    )


async def open_path(ends):
    """Each side sends until both have heard: whoever is first is not permitted yet."""
    while not all(receiver.opened.is_set() for _, receiver in ends):
        for (transport, _), peer in zip(ends, peers(ends)):
            transport.sendto(struct.pack("!I", 0) + b"open", peer)
        await asyncio.sleep(0.05)


def peers(ends):
    return [transport.get_extra_info("sockname") for transport, _ in reversed(ends)]


async def exchange(ends):
    for number in range(1, ask["count"] + 1):
        for (transport, _), peer in zip(ends, peers(ends)):
            transport.sendto(struct.pack("!I", number) + bytes(96), peer)
        await asyncio.sleep(ask["interval_ms"] / 1000)
    await asyncio.sleep(0.3)


async def close(ends):
    for transport, _ in ends:
        transport.close()
    for _, receiver in ends:
        await receiver.closed.wait()


async def main():
    result = {"version": importlib.metadata.version("aioice"), "steps": steps, "error": None}
    ends = []
    try:
        for user in (ask["a"], ask["b"]):
            ends.append(await timed("allocate", allocate(user)))
        await timed("open", open_path(ends))
        await exchange(ends)
        wanted = set(range(1, ask["count"] + 1))
        result["sent"] = ask["count"]
        result["missing"] = [sorted(wanted - receiver.numbers) for _, receiver in reversed(ends)]
        await timed("close", close(ends))
    except Exception as error:
        result["error"] = {"step": getattr(error, "step", ""), "text": f"{type(error).__name__}: {error}"}
    print(json.dumps(result))


asyncio.run(main())
