"""Intake: what was read stands in the folder, in rows newest first, the last record of an id only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, to_microseconds
from models.artifact import ARTICLES
from models.cards import CardFile
from models.index import NEVER, NO_SECTION, UNKNOWN_TIME, id_hash
from training.intake import Intake

DAY = datetime(2025, 3, 1, tzinfo=UTC)


def taken(folder: Path, articles: Sequence[Article], as_of: datetime | None = None) -> Intake:
    intake = Intake()
    moment = None if as_of is None else to_microseconds(as_of)
    for _ in intake.take(articles, folder, moment):
        pass
    return intake


def in_rows(folder: Path, intake: Intake) -> list[Article]:
    """The articles as an index would read them, row by row."""
    positions = intake.positions()
    cards = CardFile.open(folder / ARTICLES, intake.arrays(positions)["spans"])
    return [cards.article(row) for row in range(len(positions))]


def article(article_id: str, day: int | None = None, section: str | None = None, **more: datetime) -> Article:
    published = None if day is None else DAY + timedelta(days=day)
    return Article(article_id, f"خبر {article_id}", section=section, published_at=published, **more)


def test_articles_pass_on_and_come_back_whole(tmp_path: Path) -> None:
    full = Article("a/ب", "عنوان", "متن\nثان", "رياضة", DAY, "https://news.example/1", tags=("كأس",), expires_at=DAY)
    intake = Intake()
    assert list(intake.take([full, article("2")], tmp_path, None)) == [full, article("2")]
    assert in_rows(tmp_path, intake) == [full, article("2")]


def test_rows_go_newest_first_then_by_id_unknown_times_last(tmp_path: Path) -> None:
    intake = taken(
        tmp_path, [article("d"), article("c", 1), article("b", 2), article("a"), article("e", 1), article("f", -20_000)]
    )
    assert [found.id for found in in_rows(tmp_path, intake)] == ["b", "c", "e", "f", "a", "d"]


def test_last_record_of_an_id_wins(tmp_path: Path) -> None:
    articles = [article("1", 5, "قديم"), article("2", 3), article("1", 1, "جديد"), article("2", 4)]
    intake = taken(tmp_path, articles)
    assert (len(intake), intake.replaced) == (2, 2)
    assert in_rows(tmp_path, intake) == [articles[3], articles[2]]
    assert intake.section_names() == ["جديد"]  # the section of no article is no section
    assert intake.arrays(intake.positions())["section"].tolist() == [NO_SECTION, 0]


def test_later_than_as_of_is_left_out_unknown_times_stay(tmp_path: Path) -> None:
    articles = [article("before", 1), article("then", 2), article("after", 3), article("whenever")]
    intake = taken(tmp_path, articles, DAY + timedelta(days=2))
    assert [found.id for found in in_rows(tmp_path, intake)] == ["then", "before", "whenever"]
    assert intake.later_than_as_of == 1


def test_what_was_known_at_as_of_is_kept_when_its_update_came_later(tmp_path: Path) -> None:
    intake = taken(tmp_path, [article("1", 1), article("1", 3)], DAY + timedelta(days=2))
    assert in_rows(tmp_path, intake) == [article("1", 1)]
    assert (intake.replaced, intake.later_than_as_of) == (0, 1)


def test_arrays_say_what_the_articles_say(tmp_path: Path) -> None:
    intake = taken(tmp_path, [article("1", 2, "ب"), article("2", 1, "أ", expires_at=DAY), article("3")])
    arrays = intake.arrays(intake.positions())
    assert intake.section_names() == ["أ", "ب"]
    assert arrays["section"].tolist() == [1, 0, NO_SECTION]
    assert arrays["expires"].tolist() == [NEVER, to_microseconds(DAY), NEVER]
    first, second = (to_microseconds(DAY + timedelta(days=day)) for day in (2, 1))
    assert arrays["published"].tolist() == [first, second, UNKNOWN_TIME]


def test_nothing_taken_is_an_empty_folder_entry(tmp_path: Path) -> None:
    intake = taken(tmp_path, [])
    positions = intake.positions()
    assert len(intake) == len(positions) == 0
    assert (tmp_path / ARTICLES).read_bytes() == b""
    assert intake.arrays(positions)["id_hashes"].shape == (0,)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=2),
            st.none() | st.datetimes(timezones=st.just(UTC)),
        ),
        max_size=12,
    )
)
def test_any_articles_stand_in_order_and_are_found_by_id(
    tmp_path_factory: pytest.TempPathFactory, read: list[tuple[str, datetime | None]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    articles = [Article(article_id, "خبر", published_at=moment) for article_id, moment in read]
    intake = taken(folder, articles)
    last = {found.id: found for found in articles}
    dated = [found for found in last.values() if found.published_at is not None]
    undated = [found for found in last.values() if found.published_at is None]
    expected = sorted(sorted(dated, key=lambda found: found.id), key=lambda found: found.published_at, reverse=True)
    expected += sorted(undated, key=lambda found: found.id)
    assert in_rows(folder, intake) == expected

    arrays = intake.arrays(intake.positions())
    assert (np.diff(arrays["id_hashes"].astype(object)) >= 0).all()
    row_of = dict(zip(arrays["id_hashes"].tolist(), arrays["id_rows"].tolist(), strict=True))
    assert [row_of[id_hash(found.id)] for found in expected] == list(range(len(expected)))


@pytest.mark.parametrize(("own_source", "own"), [(None, [True, False, False]), ("صحيفتنا", [True, True, False])])
def test_own_is_what_has_no_source_or_the_site_s(tmp_path: Path, own_source: str | None, own: list[bool]) -> None:
    articles = [replace(article(str(n), n), source=source) for n, source in enumerate(("وكالة", "صحيفتنا", None))]
    intake = taken(tmp_path, articles)
    assert intake.arrays(intake.positions(), own_source)["own"].tolist() == own
