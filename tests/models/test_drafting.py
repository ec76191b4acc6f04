"""Drafting: a draft stands beside the articles there are, which stay as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from models.article import Article, to_microseconds
from models.drafting import DRAFT, drafted
from models.index import NEVER
from models.live import LiveIndex
from models.registry import Registry
from tests.support.live import live_index
from tests.support.newsroom import AFTER_ALL, COPY, topic_records

RECORDS = {record["id"]: Article.from_record(record) for record in topic_records()}


@pytest.fixture(scope="module")
def index(trained: Path) -> LiveIndex:
    return live_index(Registry(trained)).with_changes(
        {"live": replace(RECORDS["water-1"], id="live", title="سد بلا ماء")}
    )


def names(index: LiveIndex, rows: list[int]) -> list[str]:
    return [index.cards.card(row).id for row in rows]


def test_a_draft_is_one_more_article_of_its_own_index_alone(index: LiveIndex) -> None:
    draft = drafted(index, Article(id=DRAFT, title="نهائي كأس المدينة في ملعب الميناء", published_at=AFTER_ALL))
    assert len(draft.index) == len(index) + 1
    assert draft.index.find(DRAFT) == draft.row
    assert index.find(DRAFT) is None
    later = index.with_changes({"later": replace(RECORDS["health-1"], id="later")})
    assert later.cards.card(len(index)).id == "later"
    assert draft.index.cards.card(draft.row).title.startswith("نهائي")


def test_duplicates_are_copies_newest_first_live_ones_too(index: LiveIndex) -> None:
    draft = drafted(index, replace(RECORDS["football-1"], id=DRAFT, title="هدفان"))
    assert names(draft.index, draft.duplicates(NEVER - 1)) == [COPY, "football-1"]
    of_water = drafted(index, replace(RECORDS["water-1"], id=DRAFT, title="سد"))
    assert set(names(of_water.index, of_water.duplicates(NEVER - 1))) == {"live", "water-1"}


def test_what_is_not_published_yet_is_no_duplicate(index: LiveIndex) -> None:
    first = RECORDS["football-1"]
    assert first.published_at is not None
    draft = drafted(index, replace(first, id=DRAFT))
    before_the_copy = to_microseconds(first.published_at + timedelta(minutes=1))
    assert names(draft.index, draft.duplicates(before_the_copy)) == ["football-1"]


def test_a_draft_stands_in_place_of_the_article_of_its_id(index: LiveIndex) -> None:
    draft = drafted(index, RECORDS["football-1"])
    assert draft.index.present == index.present
    assert names(draft.index, draft.duplicates(NEVER - 1)) == [COPY]
