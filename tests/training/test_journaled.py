"""A training, and an update, after what happened in the running service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.artifact import Manifest, ModelConfig
from models.errors import StateError, TrainingRefused
from models.registry import Registry
from service.journal import Change, Journal, Kind
from tests.support.newsroom import TRAINED_AT, topic_records, write_jsonl
from training.job import TrainingPlan, TrainingSummary, train
from training.progress import Silent
from training.update import update

LATER = {"id": "water-7", "title": "هيئة المياه تعلن حصص الري الجديدة لمزارع الوادي", "published_at": "2025-03-30"}
HOUR = 3_600_000_000


class Site:
    """Artifacts, an archive, and a journal beside them."""

    def __init__(self, folder: Path, state: str) -> None:
        self.registry = Registry(folder / "artifacts")
        self.archive = write_jsonl(folder / "archive.jsonl", topic_records())
        self.state = state
        self.journal = Journal.open(state)
        self.hours = 0

    def run(
        self,
        job: Callable[..., TrainingSummary] = train,
        as_of: datetime | None = None,
        alone: bool = False,
        state: str | None = None,
    ) -> TrainingSummary:
        self.hours += 1
        sources = [] if alone else [str(self.archive)]
        plan = TrainingPlan(sources, ModelConfig(neighbours=8), as_of, jobs=1, state=state or self.state)
        return job(plan, self.registry, lambda: TRAINED_AT + timedelta(hours=self.hours), Silent())

    def write(self, *changes: Change, at: int = 0) -> None:
        self.journal.append(changes, at)

    @property
    def manifest(self) -> Manifest:
        return self.registry.load_current().manifest

    def title(self, article_id: str) -> str | None:
        index = self.registry.load_current().index
        row = index.find(article_id)
        return None if row is None else index.article(row).title


def told(record: dict[str, str]) -> Change:
    return Change(Kind.ARTICLE, record["id"], json.dumps(record))


@pytest.fixture
def site(tmp_path: Path, state: str) -> Iterator[Site]:
    site = Site(tmp_path, state)
    yield site
    site.journal.close()


def test_a_training_holds_what_happened_live(site: Site) -> None:
    site.write(told(LATER), Change(Kind.DELETION, "water-1"), told({"id": "water-2", "title": "السد ممتلئ"}))
    summary = site.run()
    assert (summary.journal_seq, site.manifest.journal_seq) == (3, 3)
    assert (site.title("water-7"), site.title("water-1"), site.title("water-2")) == (LATER["title"], None, "السد ممتلئ")
    assert (summary.articles, summary.deleted, summary.replaced) == (25, 1, 1)
    assert site.run().journal_seq == 3
    assert site.title("water-1") is None  # the archive holds it still


def test_an_update_reads_on_where_its_base_ended(site: Site) -> None:
    site.write(told(LATER), Change(Kind.DELETION, "water-1"))
    site.run()
    site.write(Change(Kind.DELETION, "water-7"), told({"id": "water-1", "title": "السد يعود إلى الخدمة"}))
    summary = site.run(update, alone=True)
    assert (summary.journal_seq, site.manifest.journal_seq) == (4, 4)
    assert (site.title("water-7"), site.title("water-1")) == (None, "السد يعود إلى الخدمة")
    before = site.manifest.version
    site.write(Change(Kind.EVENTS, "", "[]"))
    assert site.run(update, alone=True).version == before


def test_a_journal_that_was_begun_anew_is_read_from_its_beginning(site: Site, tmp_path: Path) -> None:
    site.write(told(LATER), Change(Kind.DELETION, "water-1"))
    site.run()
    other = f"sqlite:///{tmp_path / 'other.db'}"
    journal = Journal.open(other)
    journal.append([Change(Kind.DELETION, "water-7")], 0)
    journal.close()
    assert site.run(update, alone=True, state=other).journal_seq == 1
    assert site.title("water-7") is None


def test_a_training_as_of_a_moment_leaves_the_rest_to_be_followed(site: Site) -> None:
    moment = datetime(2025, 3, 20, tzinfo=UTC)
    then = int(moment.timestamp()) * 1_000_000
    site.write(Change(Kind.DELETION, "water-1"), at=then - HOUR)
    site.write(Change(Kind.DELETION, "water-2"), at=then + HOUR)
    site.write(told(LATER), at=then - HOUR)  # published later
    summary = site.run(as_of=moment)
    assert (site.title("water-1"), site.title("water-7")) == (None, None)
    assert site.title("water-2")
    assert (summary.journal_seq, site.manifest.journal_seq) == (0, 0)
    site.run(update, as_of=moment, alone=True)
    assert site.manifest.journal_seq == 0
    site.run(update, alone=True)
    assert (site.title("water-2"), site.title("water-7")) == (None, LATER["title"])


def test_a_journal_alone_is_enough_and_an_empty_one_is_not(site: Site) -> None:
    with pytest.raises(TrainingRefused, match="none of the 0 records"):
        site.run(alone=True)
    site.write(*(told(record) for record in topic_records()))
    assert site.run(alone=True).articles == 25


def test_a_state_that_cannot_be_read_stops_a_training_before_it_begins(site: Site, tmp_path: Path) -> None:
    for job in (train, update):
        with pytest.raises(StateError):
            site.run(job, state=f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert site.registry.current() is None
