"""service.ledger: answers are counted and logged together, soon and completely."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from service.caching import Listed
from service.ledger import DELAY, MOST, Answered, Ledger


class Counted(list[Answered]):
    """Takes the place of the figures: a ledger may have any."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def __call__(self, answered: Sequence[Answered]) -> None:
        self.times += 1
        self.extend(answered)


def note(ledger: Ledger, number: int) -> None:
    ledger.note(str(number), "GET", "/a", "/{name}", 200, 0.25, Listed("related", 5, None))


def test_a_note_is_written_up_soon_without_another() -> None:
    counted = Counted()

    async def run() -> None:
        ledger = Ledger(counted, clock=lambda: 1.5)
        note(ledger, 7)
        assert counted == []
        await asyncio.sleep(3 * DELAY)

    asyncio.run(run())
    assert counted == [Answered(1.5, "7", "GET", "/a", "/{name}", 200, 0.25, Listed("related", 5, None))]


def test_many_notes_do_not_wait() -> None:
    counted = Counted()

    async def run() -> None:
        ledger = Ledger(counted)
        for number in range(2 * MOST + 1):
            note(ledger, number)
        assert len(counted) == 2 * MOST
        ledger.write_up()

    asyncio.run(run())
    assert [answer.request_id for answer in counted] == [str(number) for number in range(2 * MOST + 1)]
    assert counted.times == 3


def test_nothing_noted_is_nothing_written(caplog: pytest.LogCaptureFixture) -> None:
    counted = Counted()
    with caplog.at_level(logging.INFO, "silah.access"):
        Ledger(counted).write_up()
    assert counted.times == 0
    assert not caplog.records


@pytest.mark.parametrize(("level", "records"), [(logging.INFO, 1), (logging.WARNING, 0)])
def test_answers_are_logged_where_that_is_wanted(caplog: pytest.LogCaptureFixture, level: int, records: int) -> None:
    async def run() -> None:
        ledger = Ledger(Counted())
        note(ledger, 1)
        note(ledger, 2)
        ledger.write_up()

    with caplog.at_level(level, "silah.access"):
        asyncio.run(run())
    assert len(caplog.records) == records
