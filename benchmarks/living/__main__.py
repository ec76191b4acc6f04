"""Print how long reads wait while articles come, beside the same reads while none do; then what coming costs.

One process as ``silah serve`` runs it, on a generated version without real text, its state SQLite in a temporary
folder. Rounds alternate; in each the same reads are sent at the same moments: related news, «you may also like»,
pages and the latest, of random articles. What a read waits counts from its moment on, whatever went before. Server
and client share the cores of the machine; nothing leaves it.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
import uvloop

from benchmarks import rows as table_rows
from benchmarks.memory import resident, watched
from benchmarks.rows import Row
from benchmarks.serving import world
from benchmarks.serving.__main__ import Server, first_answer, serving, spread
from benchmarks.serving.pace import ask, get, put
from models.article import format_time
from service.journal import Journal
from service.keys import Keys
from service.scopes import Scope

WARM = 3  # seconds of reads and writes before the first round
PLACES = (
    "/v1/articles/{}/related",
    "/v1/articles/{}/also-like",
    "/v1/articles/{}/page",
    "/v1/lists/latest?limit=4&section={}",
)
WORDS = 200  # of the body of an article that comes


def reads(count: int, articles: int, pick: np.random.Generator) -> list[bytes]:
    """Requests for lists of random articles, each kind as often."""
    asked = []
    for number, row in enumerate(pick.integers(0, articles, count).tolist()):
        of = world.article_id(row) if "articles" in PLACES[number % len(PLACES)] else world.SECTIONS[row % 8]
        asked.append(get(PLACES[number % len(PLACES)].format(quote(of, safe=""))))
    return asked


def news(folder: Path, pick: np.random.Generator) -> Iterator[dict[str, str]]:
    """Records of articles that come, one after the other, of words of the version."""
    words = json.loads((folder / "versions" / world.VERSION / "vocabulary.json").read_text(encoding="utf-8"))
    number = 0
    while True:
        told = [words[word] for word in pick.integers(0, len(words), WORDS).tolist()]
        yield {
            "id": f"live/{number}",
            "title": " ".join(told[:9]),
            "body": " ".join(told) + ".",
            "section": world.SECTIONS[number % len(world.SECTIONS)],
            "published_at": format_time(datetime.now(UTC)),
            "url": f"https://news.example/live/{number}",
        }
        number += 1


def puts(coming: Iterator[dict[str, str]], count: int, key: str) -> list[bytes]:
    """Requests that bring articles."""
    records = [next(coming) for _ in range(count)]
    return [put(f"/v1/articles/{quote(one['id'], safe='')}", json.dumps(one).encode(), key) for one in records]


async def together(
    server: Server, asked: Sequence[bytes], rate: float, brought: Sequence[bytes], pace: float, seconds: float
) -> tuple[list[float], list[float]]:
    """Latencies of reads and of writes, in seconds."""
    taken = await asyncio.gather(
        ask(server.address, asked, rate, seconds), ask(server.address, brought or asked, pace, seconds)
    )
    return taken[0], taken[1]


def percentiles(taken: Sequence[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    middle, high = np.percentile(taken, [50, 99]) * 1000
    return float(middle), float(high)


def bulk(server: Server, lines: Sequence[bytes], key: str) -> tuple[float, float, float]:
    """Lines a second, and by how much the server's memory grew for it: in the end, and at most meanwhile, in bytes."""
    target, before = urlsplit(server.address), resident(server.process.pid)
    connection = http.client.HTTPConnection(str(target.hostname), target.port)
    begun = time.perf_counter()
    with watched(lambda: resident(server.process.pid), 0.05) as highest:
        connection.request("POST", "/v1/articles:bulk", iter(lines), {"X-API-Key": key}, encode_chunked=True)
        answer = connection.getresponse()
        told = answer.read().splitlines()
    seconds = time.perf_counter() - begun
    assert answer.status == 200, told
    assert len(told) == len(lines), (len(told), len(lines))
    return len(lines) / seconds, resident(server.process.pid) - before, highest[0] - before


@dataclass(frozen=True, slots=True)
class Measured:
    """Latencies in seconds: of reads in each round without and with articles that come, and of the coming."""

    quiet: list[list[float]]
    busy: list[list[float]]
    coming: list[float]


def measure(server: Server, given: argparse.Namespace, coming: Iterator[dict[str, str]], key: str) -> Measured:
    """Rounds in turn."""
    pick = np.random.default_rng(2)
    found = Measured([], [], [])

    def taken(asked: Sequence[bytes], seconds: float, writes: float) -> tuple[list[float], list[float]]:
        brought = puts(coming, int(writes * seconds), key)
        return uvloop.run(together(server, asked, given.rate, brought, writes, seconds))

    taken(reads(int(given.rate * WARM), given.articles, pick), WARM, given.writes)
    for _ in range(given.rounds):
        asked = reads(int(given.rate * given.seconds), given.articles, pick)
        found.quiet.append(taken(asked, given.seconds, 0)[0])
        read, came = taken(asked, given.seconds, given.writes)
        found.busy.append(read)
        found.coming.extend(came)
    return found


def rows_of(found: Measured, given: argparse.Namespace) -> list[Row]:
    """What the rounds say."""
    rounds = [[percentiles(taken) for taken in some] for some in (found.quiet, found.busy)]
    ratio = spread([with_news[1] / without[1] for without, with_news in zip(*rounds, strict=True)], ".1f")
    figures = []
    for some in rounds:
        middle, high = (spread([each[place] for each in some], ".1f") for place in (0, 1))
        figures.append(f"p50 {middle} ms, p99 {high} ms")
    what = f"{given.rate:g} reads a second"
    middle, high = percentiles(found.coming)
    return [
        Row(what, "no article comes", figures[0]),
        Row(what, f"{given.writes:g} articles come a second", figures[1], f"p99: {ratio} ×", "p99 ≤ 3 ×"),
        Row("an article comes, until durable and in effect", "PUT", f"p50 {middle:.1f} ms, p99 {high:.1f} ms"),
    ]


def rows_of_bulk(server: Server, lines: Sequence[bytes], key: str) -> list[Row]:
    """What many articles in one request take; sent again they change nothing, and take nothing."""
    rate, grown, peak = bulk(server, lines, key)
    again, grown_again, peak_again = bulk(server, lines, key)
    each = f"memory + {grown / len(lines) / 1024:.1f} KiB each, at most {_mebibytes(peak - grown)} more meanwhile"
    more = f"memory + {_mebibytes(grown_again)}, at most {_mebibytes(peak_again)} meanwhile"
    return [
        Row(f"{len(lines):,} articles in one request", "bulk", f"{rate:,.0f} lines/s, {each}"),
        Row("the same lines once more", "bulk", f"{again:,.0f} lines/s, {more}"),
    ]


def _mebibytes(count: float) -> str:
    return f"{max(0.0, count) / 2**20:.0f} MiB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.living", description=__doc__)
    parser.add_argument("--articles", type=int, default=31_000, help="size of the generated version")
    parser.add_argument("--seconds", type=float, default=10, help="of each round")
    parser.add_argument("--rounds", type=int, default=5, help="with articles that come, and as many without")
    parser.add_argument("--rate", type=float, default=100, help="reads a second")
    parser.add_argument("--writes", type=float, default=10, help="articles that come a second")
    parser.add_argument("--lines", type=int, default=20_000, help="of the bulk request")
    parser.add_argument("--folder", type=Path, help="where the generated version is kept for another run")
    table_rows.add_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="silah-living-") as name:
        folder = given.folder or Path(name) / "artifacts"
        world.build(folder, given.articles)
        state = f"sqlite:///{name}/state.db"
        journal = Journal.open(state)
        _, key = Keys(journal).create(Scope.WRITE, time.time_ns() // 1000)
        journal.close()
        settings = {"SILAH_ARTIFACTS": str(folder), "SILAH_STATE": state, "SILAH_WRITES_PER_SECOND": "0"}
        coming = news(folder, np.random.default_rng(1))
        with serving("service.app:create_worker", core=None, **settings) as server:
            first_answer(server, "/health/ready")
            found = rows_of(measure(server, given, coming, key), given)
            lines = [json.dumps(next(coming)).encode() + b"\n" for _ in range(given.lines)]
            found += rows_of_bulk(server, lines, key)
    for row in found:
        print(" | ".join(filter(None, (row.what, row.system, row.figure, row.ratio, row.aim))))
    table_rows.write(given.rows_to, found)


if __name__ == "__main__":
    main()
