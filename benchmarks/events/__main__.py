"""Print how many readers' events a second one served process takes from one client, and the latency of batches.

The server and the client share the cores of the machine; the version served is that of the bundled newsroom, the
state is SQLite in a temporary folder, or at --state. First the client sends as fast as it is answered; then at the
pace of ``--rate`` events a second.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks import rows as table_rows
from benchmarks.rows import Row
from benchmarks.serving.__main__ import first_answer, serving
from benchmarks.trained import NEWSROOM
from models.artifact import ModelConfig
from models.registry import Registry
from service.journal import Journal
from service.keys import Keys
from service.scopes import Scope
from training.job import TrainingPlan, train
from training.progress import Silent

READERS = 200_000
DISTINCT = 200  # bodies that are sent in turn


def bodies(size: int, articles: int, seed: int = 1) -> list[bytes]:
    """Batches of events, each of other readers and articles; a tenth are impressions."""
    pick = np.random.default_rng(seed)
    kinds = np.array(["impression", "click", "read"])
    found = []
    for _ in range(DISTINCT):
        columns = (
            pick.choice(kinds, size, p=[0.1, 0.4, 0.5]).tolist(),
            (pick.zipf(1.3, size) % articles).tolist(),
            pick.integers(0, articles, size).tolist(),
            pick.integers(0, READERS, size).tolist(),
        )
        events = [
            {
                "type": kind,
                "article_id": f"news/{article}",
                "source_id": f"news/{source}",
                "request_id": "5f0c8e6b1d2a4c3e9f708192",
                "position": 1,
                "reader": f"2f1c0a52-{reader:012x}",
            }
            for kind, article, source, reader in zip(*columns, strict=True)
        ]
        found.append(json.dumps({"events": events}).encode())
    return found


def send(address: str, sent: Sequence[bytes], seconds: float, pause: float, key: str) -> Iterator[float]:
    """Send batches on one connection for some seconds, one each ``pause``; the seconds that each waited for."""
    target = urlsplit(address)
    connection = http.client.HTTPConnection(str(target.hostname), target.port)
    headers = {"Content-Type": "application/json", "X-API-Key": key}
    end = time.perf_counter() + seconds
    due = time.perf_counter()
    number = 0
    while (start := time.perf_counter()) < end:
        if pause and start < due:
            time.sleep(due - start)
        begun = due if pause else start  # who waits for the batch before waits as well
        connection.request("POST", "/v1/events", sent[number % len(sent)], headers)
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status == 202, told
        assert json.loads(told)["refused"] == 0, told
        yield time.perf_counter() - begun
        number, due = number + 1, due + pause


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events", description=__doc__)
    parser.add_argument("--batch", type=int, default=500, help="events in a request")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rate", type=int, default=10_000, help="events a second of the paced client")
    parser.add_argument("--articles", type=int, default=5_000, help="that are read")
    parser.add_argument("--state", help="another state than a file in the version's folder")
    table_rows.add_option(parser)
    given = parser.parse_args()
    sent = bodies(given.batch, given.articles)
    with tempfile.TemporaryDirectory(prefix="silah-events-") as folder:
        plan = TrainingPlan([str(NEWSROOM / "articles.jsonl")], ModelConfig())
        train(plan, Registry(Path(folder)), lambda: datetime.now(UTC), Silent())
        state = given.state or f"sqlite:///{folder}/state.db"
        journal = Journal.open(state)
        _, key = Keys(journal).create(Scope.WRITE, time.time_ns() // 1000)
        journal.close()
        settings = {"SILAH_ARTIFACTS": folder, "SILAH_STATE": state, "SILAH_WRITES_PER_SECOND": "0"}
        with serving("service.app:create_worker", core=None, **settings) as server:
            first_answer(server, "/health/ready")
            flat = list(send(server.address, sent, given.seconds, 0, key))
            before, begun = server.processor(), time.perf_counter()
            paced = list(send(server.address, sent, given.seconds, given.batch / given.rate, key))
            busy = (server.processor() - before) / (time.perf_counter() - begun)
    rate = given.batch / statistics.mean(flat)
    reached = given.batch * len(paced) / given.seconds
    percentiles = [float(np.percentile(np.array(times) * 1000, 99)) for times in (flat, paced)]
    print(f"as fast as it is answered: {rate:,.0f} events/s, p99 of a batch {percentiles[0]:.0f} ms")
    print(f"at a pace: {reached:,.0f} events/s, p99 {percentiles[1]:.0f} ms, {busy:.0%} of a core in the server")
    figure = f"{rate:,.0f} events/s, p99 {percentiles[0]:.0f} ms"
    table_rows.write(
        given.rows_to, [Row(f"events taken in batches of {given.batch}", "Silah", figure, aim="≥ 10,000 events/s")]
    )


if __name__ == "__main__":
    main()
