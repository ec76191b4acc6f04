"""Speed never changes a list: what is trained compiled and served from memory is what plain arithmetic finds."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.answers import LISTS, ListName, items
from models.article import to_microseconds
from models.artifact import Model
from models.candidates import Query
from models.index import ArticleIndex
from models.recommenders import Recommender
from models.registry import Registry
from models.tfidf import TextTerms
from service.schemas import ListParameters
from tests.support.newsroom import AFTER_ALL, FIRST_DAY, train_into
from tests.support.serving import serving
from training.neighbours import COVERAGE_POWER

WORDS = [f"{first}{middle}{last}" for first in "كمنر" for middle in "تسلب" for last in "حدعق"]
SECTIONS = ("رياضة", "سياسة", None)
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"limit": 50},
    {"limit": 50, "section": "رياضة"},
    {"limit": 3, "exclude_section": "رياضة", "diversity": 0.5},
    {"limit": 50, "since": "2025-03-03T00:00:00Z", "until": "2025-03-06T00:00:00Z"},
    {"limit": 50, "min_score": 0.2},
)


def archive(seed: int) -> list[dict[str, Any]]:
    """Records with copies, equal texts at equal times, headlines, empty articles, corrections and deletions."""
    chance = random.Random(seed)
    topics = [chance.sample(WORDS, 12) for _ in range(10)]
    records: list[dict[str, Any]] = []
    for number in range(70):
        topic = topics[number // 7]
        kind = chance.random()
        record: dict[str, Any] = {
            "id": f"{number:02}",
            "title": " ".join(chance.sample(topic, 4)),
            "body": " ".join(chance.choices(topic + chance.sample(WORDS, 4), k=chance.randint(10, 60))),
            "section": chance.choice(SECTIONS),
            "published_at": (FIRST_DAY + timedelta(hours=chance.randrange(0, 240, 6))).isoformat(),
        }
        if kind < 0.15:
            record["body"] = ""
        elif kind < 0.3 and records:
            record |= {name: records[-1][name] for name in ("title", "body", "published_at")}
        elif kind < 0.35:
            record |= {"title": "؟", "body": "…"}
        elif kind < 0.4:
            record["published_at"] = None
        records.append(record)
    corrected = [record | {"body": chance.choice(records)["body"]} for record in chance.sample(records, 5)]
    deleted = [{"id": record["id"], "deleted": True} for record in chance.sample(records, 6)]
    return records + corrected + deleted


def plain(model: Model) -> ArticleIndex:
    """The same index with neighbours by dense arithmetic in float64."""
    index, n = model.index, len(model.index)
    articles = [index.article(row) for row in range(n)]
    texts = [TextTerms.of(model.analyzer, one.title, one.body, one.tags) for one in articles]
    counts = model.tfidf.count(texts)
    vectors = model.tfidf.vectors(counts).toarray().astype(np.float64)
    shares, saturations = (
        part.toarray().astype(np.float64)
        for part in (model.tfidf.shares(counts.whole), model.tfidf.saturations(counts))
    )
    scores = vectors @ vectors.T
    short = np.diff(counts.whole.indptr) <= model.tfidf.weighting.short_terms
    scores[short] = ((shares @ saturations.T) ** COVERAGE_POWER)[short]
    np.fill_diagonal(scores, 0)
    scores = scores.round(6)  # sums of another order end in other digits
    count = index.neighbour_rows.shape[1]
    order = np.lexsort((np.tile(np.arange(n), (n, 1)), -scores))[:, :count]
    found = np.take_along_axis(scores, order, axis=1)
    rows = np.full((n, count), -1, dtype=np.int32)
    rows[:, : order.shape[1]] = np.where(found > 0, order, -1)
    all_scores = np.zeros((n, count), dtype=np.float32)
    all_scores[:, : order.shape[1]] = found
    return replace(index, neighbour_rows=rows, neighbour_scores=all_scores)


@pytest.mark.parametrize("seed", range(3))
def test_lists_are_those_of_plain_arithmetic_however_often_they_are_asked(tmp_path: Path, seed: int) -> None:
    train_into(tmp_path, archive(seed))
    model = Registry(tmp_path).load_current()
    slow = replace(model, recommender=Recommender(plain(model), model.manifest.config.lists))
    moment = to_microseconds(AFTER_ALL)
    with serving(tmp_path, now=lambda: moment) as client:
        for row in range(0, len(model.index), 3):
            article = model.index.article(row).id
            for name in ListName:
                for asked in QUESTIONS:
                    answers = [client.get(f"/v1/articles/{article}/{name}", params=asked).json() for _ in range(2)]
                    assert answers[0] == answers[1]
                    same_as(answers[0]["items"], expected(slow, name, row, asked, moment), (article, name, asked))


def expected(model: Model, name: ListName, row: int, asked: dict[str, Any], moment: int) -> list[dict[str, Any]]:
    query: Query = ListParameters(**asked).query(moment, LISTS[name].default_limit)
    chosen = LISTS[name].recommend(model.recommender, row, query)
    return [asdict(item) for item in items(model, chosen, row, explain=False)]


def same_as(found: list[dict[str, Any]], wanted: list[dict[str, Any]], said: object) -> None:
    """The same articles with the same scores, to what float32 can tell."""
    assert [item["id"] for item in found] == [item["id"] for item in wanted], said
    for one, other in zip(found, wanted, strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=2e-5)
        assert {**one, "score": 0} == {name: value for name, value in other.items() if name in one} | {"score": 0}
