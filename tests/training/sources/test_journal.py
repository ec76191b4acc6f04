"""training.sources.journal: of each article the last word of the running service, read and never written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from models.errors import RecordError, StateError
from service.database import Database
from service.journal import Change, Journal, Kind
from training.sources.databases import AT_ONCE
from training.sources.journal import JournalSource


def told(article_id: str, title: str) -> Change:
    return Change(Kind.ARTICLE, article_id, json.dumps({"id": article_id, "title": title}))


def read(state: str, after: int = 0, as_of: int | None = None) -> list[tuple[int, object]]:
    return [(record.line, record.value) for record in JournalSource.open(state).records(after, as_of)]


def test_of_each_article_the_last_word_counts(state: str, journal: Journal) -> None:
    journal.append([told("a", "أول"), told("b", "ثان"), Change(Kind.EVENTS, "", "[]"), Change(Kind.RULE, "a", "{}")], 1)
    journal.append([told("a", "أخير"), Change(Kind.DELETION, "b"), Change(Kind.DELETION, "c"), told("c", "عاد")], 2)
    found = [(5, {"id": "a", "title": "أخير"}), (6, {"id": "b", "deleted": True}), (8, {"id": "c", "title": "عاد"})]
    assert read(state) == found
    assert read(state, after=5) == found[1:]
    assert read(state, after=8) == []
    # b was as it is told no more: the text of what is deleted goes
    assert read(state, as_of=1) == [(1, {"id": "a", "title": "أول"})]


def test_what_is_written_after_it_was_opened_is_for_the_next(state: str, journal: Journal) -> None:
    journal.append([told("a", "قبل")], 1)
    source = JournalSource.open(state)
    journal.append([told("a", "بعد")], 2)
    assert source.last == 1
    assert [record.value for record in source.records()] == [{"id": "a", "title": "قبل"}]


def test_it_says_where_a_record_stood_and_shows_no_password(state: str, journal: Journal) -> None:
    journal.append([told("a", "خبر")], 1)
    assert [record.source for record in JournalSource.open(state).records()] == [str(Database(state))]


def test_many_are_read_in_their_order(state: str, journal: Journal) -> None:
    many = 2 * AT_ONCE + 1
    journal.append([told(str(number), "خبر") for number in range(many)], 1)
    assert [line for line, _ in read(state)] == list(range(1, many + 1))


def test_a_payload_that_is_none_is_told_as_a_bad_record(state: str, journal: Journal) -> None:
    journal.append([Change(Kind.ARTICLE, "a", "{"), Change(Kind.ARTICLE, "c", "[]")], 1)
    values = [value for _, value in read(state)]
    assert [value.reason for value in values if isinstance(value, RecordError)] == [
        "not_json",
        "not_an_object",
    ]


def test_a_database_in_which_nobody_has_written_holds_nothing(state: str) -> None:
    database = Database(state)
    database.engine.connect().close()  # SQLite makes the file
    database.close()
    assert (JournalSource.open(state).last, read(state)) == (0, [])


def test_a_database_that_cannot_be_read_is_told_and_none_is_made(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'nowhere.db'}", f"postgresql://silah:hunter2@/name?host={tmp_path}"):
        with pytest.raises(StateError) as refused:
            JournalSource.open(url)
        assert str(refused.value).startswith("cannot read")
        assert "hunter2" not in str(refused.value)
    with pytest.raises(StateError, match="no URL"):
        JournalSource.open("state.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_lost_on_the_way_is_told(state: str, journal: Journal) -> None:
    journal.append([told("a", "خبر")], 1)
    source = JournalSource.open(state)
    with journal.database.writing() as connection:
        connection.execute(text("DROP TABLE journal"))
    with pytest.raises(StateError, match="cannot read"):
        list(source.records())
