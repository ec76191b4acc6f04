"""service.journal: what was written down stays, in one order, for all who follow."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from models.errors import StateError
from service.database import Database
from service.journal import Change, Journal, Kind
from tests.support.serving import DEADLINE

AT = 1_790_000_000_000_000
PROCESSES = multiprocessing.get_context("spawn")


def article(number: int) -> Change:
    return Change(Kind.ARTICLE, f"خبر/{number}", '{"title": "عاجل"}')


@pytest.fixture
def another(state: str, journal: Journal) -> Iterator[Journal]:
    """The same journal as another process would have it."""
    another = Journal.open(state)
    yield another
    another.close()


def test_an_empty_journal_has_nothing(journal: Journal) -> None:
    assert (journal.last(), journal.after(0), journal.append([], AT)) == (0, [], [])


def test_what_is_written_is_read_as_it_was_by_everyone(journal: Journal, another: Journal) -> None:
    changes = [article(1), Change(Kind.DELETION, "a b"), Change(Kind.EVENTS, "", '[{"text": "a\\u0000b"}]')]
    entries = journal.append(changes, AT, "k1")
    assert [(entry.seq, entry.at, entry.key_id) for entry in entries] == [(1, AT, "k1"), (2, AT, "k1"), (3, AT, "k1")]
    assert [Change(entry.kind, entry.subject, entry.payload) for entry in entries] == changes
    assert another.after(0) == entries
    assert another.append([article(2)], AT + 1)[0].key_id is None
    assert [entry.seq for entry in journal.after(2)] == [3, 4]
    assert journal.last() == another.last() == 4


def test_it_is_read_in_parts(journal: Journal) -> None:
    journal.append([article(number) for number in range(25)], AT)
    assert [entry.seq for entry in journal.after(0, 10)] == list(range(1, 11))
    assert [entry.seq for entry in journal.after(20, 10)] == list(range(21, 26))


def test_all_changes_of_an_append_are_written_or_none(journal: Journal, another: Journal) -> None:
    with pytest.raises(StateError):
        journal.append([article(1), Change(Kind.ARTICLE, None)], AT)  # type: ignore[arg-type]  # what no database takes
    assert another.after(0) == []
    assert journal.append([article(1)], AT)[0].seq == 1


def test_who_has_read_up_to_a_seq_never_meets_a_smaller_one(journal: Journal, another: Journal) -> None:
    writers, each = 4, 30
    seen: list[int] = []
    stop = threading.Event()

    def follow() -> None:
        while not (stop.is_set() and another.last() == len(seen)):
            seen.extend(entry.seq for entry in another.after(seen[-1] if seen else 0))

    def write(writer: int) -> None:
        for number in range(each):
            journal.append([article(number), Change(Kind.DELETION, str(writer))], AT)

    follower = threading.Thread(target=follow)
    follower.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    stop.set()
    follower.join()
    assert seen == list(range(1, 2 * writers * each + 1))


def write_many(url: str, times: int) -> None:
    journal = Journal.open(url)
    for number in range(times):
        journal.append([article(number), article(number)], AT)
    journal.close()


def test_processes_that_open_and_write_at_once_do_not_hinder_each_other(state: str) -> None:
    with PROCESSES.Pool(3) as pool:
        pool.starmap(write_many, [(state, 20)] * 3)
        pool.close()
        pool.join()
    journal = Journal.open(state)
    assert [entry.seq for entry in journal.after(0)] == list(range(1, 121))
    journal.close()


def test_who_waits_is_woken_by_what_another_writes(journal: Journal, another: Journal) -> None:
    assert not another.wait(0, 0.05)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(another.wait, 0, DEADLINE) for _ in range(2)]
        time.sleep(0.1)
        assert not any(future.done() for future in waiting)
        journal.append([article(1)], AT)
        assert all(future.result() for future in waiting)
    assert another.wait(0, 0)
    assert not another.wait(1, 0)


def test_who_waits_for_a_journal_that_is_closed_is_told_there_is_nothing(journal: Journal, another: Journal) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(another.wait, 0, 6 * DEADLINE)
        time.sleep(0.1)
        another.close()
        assert not waiting.result(DEADLINE)


def test_an_entry_of_a_kind_to_come_is_refused_by_name(journal: Journal) -> None:
    with journal.database.writing() as connection:
        connection.execute(text("INSERT INTO journal VALUES (1, 0, 'horoscope', '', NULL, NULL)"))
    with pytest.raises(StateError, match=r"horoscope.*newer release"):
        journal.after(0)


def test_a_journal_need_not_be_there_when_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "later").touch()
    journal = Journal(Database(f"sqlite:///{tmp_path / 'later' / 'state.db'}"))
    with pytest.raises(StateError):
        journal.wait(0, DEADLINE)
    (tmp_path / "later").unlink()
    assert journal.append([article(1)], AT)[0].seq == 1
    journal.close()


def test_the_text_of_what_is_deleted_goes(journal: Journal) -> None:
    journal.append([Change(Kind.ARTICLE, "a", "1"), Change(Kind.ARTICLE, "b", "1"), Change(Kind.RULE, "b", "r")], 1)
    journal.append([Change(Kind.ARTICLE, "a", "2"), Change(Kind.DELETION, "b")], 2, "key")
    journal.append([Change(Kind.ARTICLE, "b", "3")], 3)
    kept = [(entry.seq, entry.kind, entry.subject, entry.payload) for entry in journal.after(0)]
    assert kept == [
        (1, Kind.ARTICLE, "a", "1"),
        (2, Kind.ARTICLE, "b", None),
        (3, Kind.RULE, "b", "r"),
        (4, Kind.ARTICLE, "a", "2"),
        (5, Kind.DELETION, "b", None),
        (6, Kind.ARTICLE, "b", "3"),
    ]
