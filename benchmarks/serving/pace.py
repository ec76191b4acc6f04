"""Ask at a steady rate over kept connections, whatever the server does, and print the latencies as JSON.

Each request has its moment; what it waits for a free connection counts as latency, so that a slow answer is
not hidden by the requests that it holds up.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np
import uvloop

CONNECTIONS = 32


def get(path: str) -> bytes:
    """A request for a path as it is sent."""
    return f"GET {path} HTTP/1.1\r\nHost: silah\r\n\r\n".encode()


def put(path: str, body: bytes, key: str) -> bytes:
    """A request with a body and a key."""
    head = f"PUT {path} HTTP/1.1\r\nHost: silah\r\nX-API-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def ask(address: str, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
    """Latencies in seconds of ``rate · seconds`` requests, sent in turn."""
    target = urlsplit(address)
    free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(target.hostname, target.port))
    begin = time.perf_counter() + 0.1

    async def one(number: int) -> float:
        due = begin + number / rate
        await asyncio.sleep(due - time.perf_counter())
        reader, writer = await free.get()
        writer.write(requests[number % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 20"), head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await reader.readexactly(int(length))
        took = time.perf_counter() - due
        free.put_nowait((reader, writer))
        return took

    taken = await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    while not free.empty():
        free.get_nowait()[1].close()
    return taken


if __name__ == "__main__":
    address, rate, seconds, *paths = sys.argv[1:]
    taken = uvloop.run(ask(address, [*map(get, paths)], float(rate), float(seconds)))
    middle, high = np.percentile(taken, [50, 99])
    json.dump({"p50": middle * 1000, "p99": high * 1000}, sys.stdout)
