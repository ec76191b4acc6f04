"""Print how long a page takes beside its boxes asked for one by one, and lists with and without editors' rules.

One process, no server and no network: the application is called as a server would call it, on a generated
version without real text, and keeps no answers. Rounds alternate; figures are processor time, medians of articles.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.serving import world
from models.article import to_microseconds
from models.editorial import EditorialRules, Rule, RuleType
from models.interaction import Act, Interaction
from models.popularity import Popularity
from service.app import Application, create_app
from service.caching import Answers
from service.settings import ServiceSettings
from service.snapshot import Snapshot

SIZE = 31_000
ROUNDS = 300
READINGS = 20_000
RULES = 1_000
NOW = to_microseconds(world.LAST_DAY)


async def ask(app: Application, path: str) -> float:
    """Ask for a path; seconds of processor time."""
    parts = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": parts.path.replace("%2F", "/"),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [],
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        assert message.get("status", 200) == 200, message

    start = time.thread_time()
    await app(scope, receive, send)  # type: ignore[arg-type]  # ASGI's own types are looser
    return time.thread_time() - start


def boxes(one: str) -> list[str]:
    """The paths of the boxes of an article's page."""
    article = f"/v1/articles/{quote(one, safe='')}"
    sections = [f"/v1/lists/latest?limit=4&section={quote(name)}" for name in world.SECTIONS[:4]]
    return [
        f"{article}/related",
        f"{article}/also-like",
        "/v1/lists/latest?limit=4",
        *sections,
        "/v1/lists/most-read?limit=5",
    ]


def readings(pick: np.random.Generator) -> list[Interaction]:
    """What readers did in the last day: few articles get most."""
    articles = np.minimum(pick.zipf(1.3, READINGS), SIZE) - 1
    moments = NOW - pick.integers(0, 86_400_000_000, READINGS)
    readers = pick.integers(0, READINGS // 4, READINGS)
    return [
        Interaction(Act.READ, world.article_id(row), moment, reader)
        for row, moment, reader in zip(articles.tolist(), moments.tolist(), readers.tolist(), strict=True)
    ]


def rules(pick: np.random.Generator) -> EditorialRules:
    """Bans, pins and boosts of any articles, half of them on one page only."""
    made = []
    for number in range(RULES):
        kind = (RuleType.BAN, RuleType.PIN, RuleType.BOOST)[number % 3]
        source = {"source_id": world.article_id(int(pick.integers(SIZE)))} if number % 2 else {}
        made.append(
            Rule(
                id=f"{number}",
                type=kind,
                article_id=world.article_id(int(pick.integers(SIZE - 1)) + 1),
                position=50 if kind is RuleType.PIN else None,
                factor=2.0 if kind is RuleType.BOOST else None,
                **source,
            )
        )
    return EditorialRules.of(rule for rule in made if rule.article_id != rule.source_id)


async def measure(app: Application, plain: Snapshot, ruled: Snapshot, pick: np.random.Generator) -> Table:
    holder = app.state.context.follower.holder
    times: dict[str, list[float]] = {}
    for number in range(ROUNDS + 20):
        one = world.article_id(int(pick.integers(1000, SIZE)))
        found: dict[str, float] = {}
        for name, snapshot in (("", plain), (f", {RULES:,} rules", ruled)):
            holder.current = snapshot
            single = [await ask(app, path) for path in boxes(one)]
            found[f"boxes one by one{name}"] = sum(single)
            found[f"related{name}"], found[f"also-like{name}"] = single[:2]
            found[f"page{name}"] = await ask(app, f"/v1/articles/{quote(one, safe='')}/page")
        for name, seconds in found.items() if number >= 20 else ():
            times.setdefault(name, []).append(seconds)
    table = Table("what", "median ms", "99th ms", title=f"{SIZE:,} articles, {ROUNDS} rounds")
    for name, seconds in times.items():
        ordered = sorted(seconds)
        table.add_row(name, f"{statistics.median(ordered) * 1e3:.2f}", f"{ordered[len(ordered) * 99 // 100] * 1e3:.2f}")
    return table


async def run(root: Path) -> Table:
    pick = np.random.default_rng(7)
    app = create_app(ServiceSettings(artifacts=root, cache_bytes=0, demo=False), lambda: NOW)
    async with app.router.lifespan_context(app):
        model = app.state.context.follower.holder.take().model
        recommender = replace(model.recommender, popularity=Popularity().with_interactions(readings(pick)))
        ruled = replace(recommender, editorial=rules(pick))
        snapshots = [Snapshot(replace(model, recommender=each), Answers(0)) for each in (recommender, ruled)]
        return await measure(app, *snapshots, pick)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.page", description=__doc__)
    parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        world.build(Path(folder), SIZE)
        Console(width=100).print(asyncio.run(run(Path(folder))))


if __name__ == "__main__":
    main()
