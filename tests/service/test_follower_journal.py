"""service.follower and the journal: a version is served as the journal left it, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.article import Article, to_microseconds
from models.errors import StateError
from models.registry import Registry
from service.follower import Follower
from service.journal import Change, Journal, Kind
from service.snapshot import Snapshot
from tests.support.newsroom import AFTER_ALL, topic_records, train_into
from tests.support.states import journal_of

NOW = to_microseconds(AFTER_ALL)
BAN = json.dumps({"id": "r1", "type": "ban", "article_id": "water-2"})
READ = json.dumps([["read", "water-1", NOW - 1, 7]])


def article(article_id: str, title: str = "النوارس يستعد لنهائي كأس المدينة") -> Change:
    record = Article(id=article_id, title=title).to_record()
    return Change(Kind.ARTICLE, article_id, json.dumps(record))


def gone(article_id: str) -> Change:
    return Change(Kind.DELETION, article_id)


@pytest.fixture
def journal(artifacts: Path) -> Iterator[Journal]:
    journal = journal_of(artifacts)
    yield journal
    journal.close()


@pytest.fixture
def follower(artifacts: Path, journal: Journal) -> Follower:
    return Follower(Registry(artifacts), journal, retry=0)


def holds(snapshot: Snapshot) -> dict[str, bool]:
    return {name: snapshot.index.find(name) is not None for name in ("new", "football-2")}


def test_the_first_version_is_served_as_the_journal_left_it(follower: Follower, journal: Journal) -> None:
    journal.append([article("new"), gone("football-2"), Change(Kind.RULE, "r1", BAN)], NOW)
    journal.append([Change(Kind.EVENTS, "", READ)], NOW)
    follower.step()
    snapshot = follower.holder.take()
    assert holds(snapshot) == {"new": True, "football-2": False}
    assert snapshot.seq == 4
    recommender = snapshot.model.recommender
    assert [rule.id for rule in recommender.editorial.rules] == ["r1"]
    assert recommender.popularity is not None
    assert recommender.popularity.most_read(NOW).ids == ["water-1"]


def test_another_version_takes_over_what_is_not_of_articles_and_reads_articles_anew(
    follower: Follower, journal: Journal, artifacts: Path
) -> None:
    follower.step()
    journal.append([Change(Kind.RULE, "r1", BAN), Change(Kind.EVENTS, "", READ), article("new")], NOW)
    follower.step()
    journal.append([gone("football-2")], NOW)
    train_into(artifacts, topic_records())  # elsewhere, without the journal
    follower.step()
    snapshot = follower.holder.take()
    assert snapshot.version == Registry(artifacts).current()
    assert holds(snapshot) == {"new": True, "football-2": False}
    assert len(snapshot.model.recommender.editorial.rules) == 1
    assert len(snapshot.model.recommender.popularity or ()) == 1


def test_what_the_version_was_trained_with_is_not_read_again(
    follower: Follower, journal: Journal, artifacts: Path
) -> None:
    journal.append([article("new"), gone("football-2")], NOW)
    records = [{"id": "new", "title": "كما دُرّب"}, *(one for one in topic_records() if one["id"] != "football-2")]
    assert train_into(artifacts, records, state=journal.database.url.render_as_string(), force="a test").published
    follower.step()
    snapshot = follower.holder.take()
    assert snapshot.model.manifest.journal_seq == 2
    assert not snapshot.index.changed
    assert holds(snapshot) == {"new": True, "football-2": False}


def test_no_version_is_served_before_the_journal_was_read(
    follower: Follower, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([gone("football-2")], NOW)

    def lost(*_: object) -> int:
        raise StateError("the database is away")

    with monkeypatch.context() as away:
        away.setattr(Journal, "last", lost)
        follower.step()
        assert follower.holder.current is None
        with pytest.raises(StateError, match="is away"):
            follower.holder.take()
    follower.step()
    assert not holds(follower.holder.take())["football-2"]
    assert follower.holder.lost is None


def test_a_journal_lost_later_leaves_what_is_known_in_effect(
    follower: Follower, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([gone("football-2")], NOW)
    follower.step()

    def lost(*_: object) -> int:
        raise StateError("the database is away")

    with monkeypatch.context() as away:
        away.setattr(Journal, "last", lost)
        follower.step()
        with pytest.raises(StateError):
            follower.catch_up()
        assert follower.holder.lost == "the database is away"
        assert not holds(follower.holder.take())["football-2"]
    journal.append([article("new")], NOW)
    follower.step()
    assert follower.holder.lost is None
    assert holds(follower.holder.take()) == {"new": True, "football-2": False}


def test_a_journal_begun_anew_is_read_from_its_beginning(follower: Follower, journal: Journal, artifacts: Path) -> None:
    journal.append([article("new"), gone("football-2")], NOW)
    follower.step()
    journal.close()
    for file in artifacts.glob("state.db*"):
        file.unlink()
    anew = journal_of(artifacts)
    follower.journal = anew
    anew.append([article("other")], NOW)
    follower.step()
    snapshot = follower.holder.take()
    assert holds(snapshot) == {"new": False, "football-2": True}
    assert snapshot.index.find("other") is not None
    assert snapshot.seq == 1
    anew.close()


def test_what_cannot_be_read_keeps_out_nothing_that_follows(
    follower: Follower, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    bad = ("{", "[]", '{"id": "x"}', None, '"text"')
    journal.append([Change(kind, "x", text) for kind in (Kind.ARTICLE, Kind.RULE, Kind.EVENTS) for text in bad], NOW)
    journal.append([article("new")], NOW)
    follower.step()
    snapshot = follower.holder.take()
    assert holds(snapshot)["new"]
    assert snapshot.index.find("x") is None
    passed_over = [record for record in caplog.records if record.message == "entry passed over"]
    assert {record.seq for record in passed_over} >= {5, 6, 7, 8, 9, 10, 11, 13, 14, 15}  # the latest of x among them
    assert {record.levelname for record in passed_over} == {"ERROR"}


def test_many_entries_are_applied_some_at_a_time(
    follower: Follower, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.follower.TOGETHER", 3)
    journal.append([article(f"n{number}", f"خبر {number}") for number in range(10)], NOW)
    follower.step()
    snapshot = follower.holder.take()
    assert all(snapshot.index.find(f"n{number}") is not None for number in range(10))
    assert (snapshot.seq, follower.holder.behind) == (10, 0)


def test_answers_stay_where_nothing_they_depend_on_changed(follower: Follower, journal: Journal) -> None:
    follower.step()
    before = follower.holder.take()
    journal.append([Change(Kind.KEY, "k1", "{}")], NOW)
    follower.step()
    same = follower.holder.take()
    assert (same.answers, same.answers_by_readers) == (before.answers, before.answers_by_readers)
    journal.append([Change(Kind.EVENTS, "", READ)], NOW)
    follower.step()
    read = follower.holder.take()
    assert read.answers is before.answers
    assert read.answers_by_readers is not before.answers_by_readers
    journal.append([gone("football-2")], NOW)
    follower.step()
    assert follower.holder.take().answers is not before.answers
