"""Ask at a steady rate over kept connections, whatever the server does, and print the latencies as JSON.

Each request has its moment; what it waits for a free connection counts as latency, so that a slow answer is
not hidden by the requests that it holds up.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

import numpy as np
import uvloop

CONNECTIONS = 32


async def ask(address: str, paths: list[str], rate: float, seconds: float) -> list[float]:
    """Latencies in seconds of ``rate · seconds`` requests, path by path in turn."""
    target = urlsplit(address)
    free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(target.hostname, target.port))
    begin = time.perf_counter() + 0.1

    async def one(number: int) -> float:
        due = begin + number / rate
        await asyncio.sleep(due - time.perf_counter())
        reader, writer = await free.get()
        path = paths[number % len(paths)]
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {target.netloc}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await reader.readexactly(int(length))
        took = time.perf_counter() - due
        free.put_nowait((reader, writer))
        return took

    return await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))


if __name__ == "__main__":
    address, rate, seconds, *paths = sys.argv[1:]
    taken = uvloop.run(ask(address, paths, float(rate), float(seconds)))
    middle, high = np.percentile(taken, [50, 99])
    json.dump({"p50": middle * 1000, "p99": high * 1000}, sys.stdout)
