"""service.expiry: events that count no more leave the journal; all else stays."""

from __future__ import annotations

import asyncio
import logging

import pytest

from models.errors import StateError
from models.interaction import Act, Interaction, to_payload
from models.popularity import BUCKET, Popularity, ReadingRules
from service import expiry as module
from service.expiry import Expiry
from service.journal import Change, Journal, Kind
from tests.support.serving import eventually

NOW = 1_795_000_000_000_000
RULES = ReadingRules()
OLDEST = RULES.first_counted(NOW) * BUCKET


def events(at: int) -> Change:
    return Change(Kind.EVENTS, "", to_payload([Interaction(Act.READ, "أ", at, 1)]))


def test_only_events_that_count_no_more_are_deleted(journal: Journal) -> None:
    for at in (0, OLDEST - 1, OLDEST, NOW):
        journal.append([Change(Kind.ARTICLE, "أ", "{}"), events(at)], at)
    expiry = Expiry(journal.database, RULES, lambda: NOW)
    assert expiry.step() == 2
    assert [(entry.seq, entry.kind) for entry in journal.after(0)] == [
        (1, Kind.ARTICLE),
        (3, Kind.ARTICLE),
        (5, Kind.ARTICLE),
        (6, Kind.EVENTS),
        (7, Kind.ARTICLE),
        (8, Kind.EVENTS),
    ]
    assert expiry.step() == 0
    assert journal.append([events(NOW)], NOW)[0].seq == 9  # no number is given twice


def test_many_are_deleted_a_few_at_a_time(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 3)
    for number in range(7):
        journal.append([events(number)], number)
    assert Expiry(journal.database, RULES, lambda: NOW).step() == 7
    assert journal.after(0) == []


def test_what_is_deleted_changes_no_list(journal: Journal) -> None:
    done = [Interaction(Act.READ, "أ", at, 1) for at in range(NOW - 8 * 24 * 3_600_000_000, NOW, 3_600_000_000)]
    for one in done:
        journal.append([Change(Kind.EVENTS, "", to_payload([one]))], one.at)
    assert Expiry(journal.database, RULES, lambda: NOW).step() > 0
    kept = [one for one in done if one.at >= OLDEST]
    assert [entry.at for entry in journal.after(0)] == [one.at for one in kept]
    popularity = Popularity(RULES)
    before, after = popularity.with_interactions(done), popularity.with_interactions(kept)
    assert before.most_read(NOW).ids == after.most_read(NOW).ids
    assert before.known_readers(NOW).tolist() == after.known_readers(NOW).tolist()


def test_it_looks_again_and_again_whatever_happens(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []
    step = Expiry.step

    def sometimes(expiry: Expiry) -> int:
        looks.append(1)
        if len(looks) == 1:
            raise StateError("the state is away")
        return step(expiry)

    monkeypatch.setattr(Expiry, "step", sometimes)
    journal.append([events(0)], 0)

    async def run() -> None:
        async with Expiry(journal.database, RULES, lambda: NOW, every=0.01).running():
            await asyncio.to_thread(eventually, lambda: len(looks) > 2)

    with caplog.at_level(logging.INFO, "silah.expiry"):
        asyncio.run(run())
    assert [record.getMessage() for record in caplog.records] == ["nothing expired", "events expired"]
    assert journal.after(0) == []
