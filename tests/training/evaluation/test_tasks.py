"""Tasks: what they ask and what counts as found, in a world where a reader sees the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from models.analysis import Analyzer
from models.article import Article
from tests.support.newsroom import COPY, topic_records
from training.evaluation import tasks
from training.evaluation.systems import PEERS
from training.evaluation.tasks import Task, all_tasks, copies_among, shared_tags
from training.evaluation.texts import Document, grams

WORLD = [Article.from_record(record) for record in topic_records()]
TOLD = "افتتح رئيس البلدية جسر المرفأ الجديد أمام الشاحنات والسيارات بعد عامين من العمل المتواصل في الموقع القديم"
OTHERWISE = "صار في وسع الشاحنات أن تعبر المرفأ منذ صباح أمس، وقال مهندسون إن البناء استغرق عامين وكلف أقل مما قدر له"


@pytest.fixture(autouse=True)
def short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The articles of the visible world are short, but texts of their own."""
    monkeypatch.setattr(tasks, "LEAST_WORDS", 15)


def documents(articles: list[Article]) -> list[Document]:
    return [Document.of(article, Analyzer()) for article in articles]


def tasks_of(articles: list[Article], asked: int = 1000) -> dict[str, Task]:
    return all_tasks(documents(articles), asked, np.random.default_rng(1))


def told(number: int, **changes: Any) -> Article:
    """A report of the opening of a bridge."""
    first = WORLD[0]
    return replace(
        first, **{"id": f"bridge-{number}", "title": "افتتاح جسر المرفأ الجديد أمام الشاحنات", "body": TOLD, **changes}
    )


def pairs(task: Task, articles: list[Article]) -> Mapping[str, dict[str, float]]:
    """Query → what counts as found, by id."""
    return {
        articles[row].id: {articles[other].id: gain for other, gain in gains.items()}
        for row, gains in zip(task.rows.tolist(), task.gains, strict=True)
    }


def test_tasks_without_material_are_absent() -> None:
    bare = [Article(id=str(number), title=f"خبر {number}") for number in range(3)]
    assert tasks_of(bare) == {}
    one_source = [replace(article, source="صحيفة", tags=(), section="أخبار") for article in WORLD]
    assert set(tasks_of(one_source)) == {"title", "half"}


def test_title_and_half_look_for_the_own_text_of_articles_without_copies() -> None:
    made = tasks_of(WORLD)
    for name in ("title", "half"):
        rows = made[name].rows.tolist()
        asked = {WORLD[row].id for row in rows}
        assert asked <= {article.id for article in WORLD} - {"football-1", COPY}
        assert list(made[name].gains) == [{row: 1.0} for row in rows]
    row = int(made["title"].rows[0])
    assert made["title"].queries[row].title == WORLD[row].title
    assert made["title"].queries[row].body == made["title"].documents[row].title == ""
    halves = f"{made['half'].queries[row].body} {made['half'].documents[row].body}"
    assert halves.split() == Document.of(WORLD[row], Analyzer()).body.split()


def test_no_more_queries_than_asked_for_and_the_same_each_time() -> None:
    rows = [tasks_of(WORLD, 5)["title"].rows.tolist() for _ in range(2)]
    assert len(rows[0]) == 5
    assert rows[0] == rows[1]


def test_event_is_the_same_title_in_another_source_within_two_days() -> None:
    moment = WORLD[0].published_at
    assert moment is not None
    copy, own_words = told(2, source="ب"), told(3, source="ج", body=OTHERWISE)
    late = told(4, source="د", published_at=moment + timedelta(days=2, seconds=1))
    same_source, undated = told(5, source="أ"), told(6, source="هـ", published_at=None)
    articles = [told(1, source="أ"), copy, own_words, late, same_source, undated, *WORLD]
    made = tasks_of(articles)
    assert pairs(made["event"], articles)["bridge-1"] == {"bridge-2": 1.0, "bridge-3": 1.0}
    assert pairs(made["hard"], articles)["bridge-1"] == {"bridge-3": 1.0}
    place = made["hard"].rows.tolist().index(0)
    assert {articles[row].id for row in made["hard"].barred[place]} >= {"bridge-1", "bridge-2", "bridge-5"}
    assert "bridge-6" not in pairs(made["event"], articles)
    assert "bridge-3" not in {articles[row].id for row in made["hard"].barred[place]}


def test_titles_too_short_for_runs_of_letters_are_no_event() -> None:
    articles = [replace(told(number), title="لا", source=str(number)) for number in range(3)]
    assert "event" not in tasks_of(articles)


def test_tags_gain_by_their_rarity() -> None:
    tags = [("جسر", "ميناء"), ("جسر", "ميناء"), ("ميناء",), ("ميناء",), ("ميناء",), ("سد",)]
    articles = [replace(WORLD[number], tags=names) for number, names in enumerate(tags)]
    # of six articles a tag of two is rare: «جسر»; «ميناء» stands on five, «سد» on one
    (task,) = shared_tags(documents(articles), 10, np.random.default_rng(1)).values()
    assert pairs(task, articles) == {WORLD[0].id: {WORLD[1].id: 1.0}, WORLD[1].id: {WORLD[0].id: 1.0}}


def test_section_does_not_count_copies() -> None:
    task = tasks_of(WORLD)["section"]
    row = next(place for place, article in enumerate(WORLD) if article.id == "football-1")
    place = task.rows.tolist().index(row)
    assert {WORLD[other].id for other in task.barred[place]} == {"football-1", COPY}
    assert {WORLD[other].section for other in task.gains[place]} == {"رياضة"}


def test_copies_share_half_of_the_shorter_text() -> None:
    words = [f"كلمة{number}" for number in range(60)]
    texts = [" ".join(words), " ".join(words[:30]), " ".join([*words[:12], *(f"غير{n}" for n in range(40))]), "قصير"]
    assert copies_among([grams(text) for text in texts]) == [{1}, {0}, set(), set()]


@pytest.mark.parametrize("peer", PEERS)
def test_peers_find_shared_words_and_nothing_where_there_is_none(peer: str) -> None:
    task = tasks_of(WORLD)["title"]
    scores = PEERS[peer](task.queries, task.documents)(task.rows)
    assert scores.shape == (len(task.rows), len(WORLD))
    right = scores.argmax(axis=1) == task.rows
    assert right.mean() > 0.5
    letters = [replace(text, title="س", body="") for text in task.queries]
    assert PEERS[peer](letters, [replace(text, title="", body="ص") for text in letters])(task.rows).max() == 0
