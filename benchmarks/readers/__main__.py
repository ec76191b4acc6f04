"""Print how many events a second are counted, how long the first lists after a batch take, and a row of co-reading.

Readers are generated: seven days of them, a Zipfian choice of articles, nobody's own. Co-reading stands beside what
scipy takes to build the matrix that one row of a product needs, and beside a fit of ``implicit`` where that is
installed (it is no requirement of Silah): both would be due again after each batch.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks import rows as table_rows
from benchmarks.rows import Row
from models.coreading import LOOKED_UP, co_read
from models.interaction import READER_BITS, Act, Interaction, from_payload, to_payload
from models.popularity import KNOWN, Popularity, counted
from models.readings import articles_in, readers_in

FIRST = 1_700_000_000_000_000  # microseconds since 1970
WEEK = 7 * 86_400_000_000
ACTS = tuple(Act)
BATCH = 500


def batches(events: int, articles: int, readers: int, seed: int = 1) -> Iterator[list[Interaction]]:
    """Events of a week in batches, in order; a fifth are impressions."""
    pick = np.random.default_rng(seed)
    for start in range(0, events, BATCH):
        at = FIRST + int(WEEK * start / events)
        columns = (
            pick.choice(3, BATCH, p=[0.2, 0.4, 0.4]).tolist(),
            (pick.zipf(1.3, BATCH) % articles).tolist(),
            (at + pick.integers(0, 60_000_000, BATCH)).tolist(),
            pick.integers(0, readers, BATCH).tolist(),
        )
        yield [
            Interaction(ACTS[act], f"news/{article}", moment, reader * 0x9E3779B97F4A7C15 % (1 << READER_BITS))
            for act, article, moment, reader in zip(*columns, strict=True)
        ]


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def matrix(popularity: Popularity) -> csr_matrix:
    """Readers by articles, of all that counts."""
    part = counted(popularity.readings.together(), popularity.rules.articles_an_hour)
    keys = part.keys[readers_in(part.keys) >= np.uint64(KNOWN)]
    _, readers = np.unique(readers_in(keys), return_inverse=True)
    return csr_matrix((np.ones(len(keys)), (readers, articles_in(keys))))


def fit(built: csr_matrix) -> str:
    """What a fit of implicit takes."""
    try:
        from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415  # where it is installed
    except ModuleNotFoundError:
        return "a fit of implicit, which is not installed"
    model = CosineRecommender(K=LOOKED_UP, num_threads=1)
    return f"{milliseconds(lambda: model.fit(built, show_progress=False)):,.0f} ms for a fit of implicit"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readers", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--readers", type=int, default=300_000)
    table_rows.add_option(parser)
    given = parser.parse_args()
    popularity, spent, slowest = Popularity(), 0.0, 0.0
    lists: list[float] = []
    for place, batch in enumerate(batches(given.events, given.articles, given.readers)):
        payload, now = to_payload(batch), batch[-1].at
        start = time.perf_counter()
        popularity = popularity.with_interactions(from_payload(payload))
        taken = time.perf_counter() - start
        spent, slowest = spent + taken, max(slowest, taken)
        if place % 100 == 99:
            fresh = popularity
            lists.append(milliseconds(lambda: (fresh.most_read(now), fresh.trending(now), fresh.known_readers(now))))  # noqa: B023
    end = FIRST + WEEK
    known = popularity.known_readers(end)
    ranked = np.argsort(-known, kind="stable")[: int(np.count_nonzero(known >= 20))].tolist()
    asked = [popularity.ids[number] for number in ranked[:: max(len(ranked) // 200, 1)]]
    co_read(popularity, asked[0], end)
    cocounts = [milliseconds(lambda: co_read(popularity, one, end)) for one in asked]  # noqa: B023
    building = milliseconds(lambda: matrix(popularity).tocsc())
    built = matrix(popularity)
    columns = built.tocsc()
    number = popularity.number_of(asked[len(asked) // 2])
    row = milliseconds(lambda: columns[:, number].T @ built)
    past = milliseconds(lambda: popularity.most_read(end - WEEK // 2))
    size = sum(part.keys.nbytes * 2 + part.buckets.nbytes for part in popularity.readings.parts) / 2**20
    print(f"{given.events / spent:,.0f} events/s in batches of {BATCH}, the slowest {slowest * 1000:.0f} ms")
    print(f"{len(popularity):,} readings in {size:,.0f} MiB, in {len(popularity.readings.parts)} parts")
    print(f"first lists after a batch: median {statistics.median(lists):.1f} ms, last {lists[-1]:.1f} ms")
    forgetting = milliseconds(lambda: popularity.kept_from(end + WEEK // 7))
    print(f"forgetting a day: {forgetting:,.0f} ms")
    print(f"first list of the past: {past:,.0f} ms")
    told = f"median {statistics.median(cocounts):.2f} ms, most {max(cocounts):.1f} ms"
    print(f"co-reading, {len(asked)} articles of 20 readers or more: {told}")
    print(f"scipy: {building:,.0f} ms to build, {row:.2f} ms a row; beside {fit(built)}")
    figure = f"{given.events / spent:,.0f} events/s"
    table_rows.write(
        given.rows_to, [Row("events counted on one core", "Silah", figure, aim="≥ 10,000 beside all else")]
    )


if __name__ == "__main__":
    main()
