"""models.answers: a list by its name, with what a reader sees of each article."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.answers import LISTS, Item, ListName, items
from models.article import to_microseconds
from models.artifact import Model
from models.candidates import MAX_LIMIT, Query, Reason
from models.recommenders import filled
from models.registry import Registry
from tests.support.newsroom import AFTER_ALL, COPY, topic_records, train_into

MOMENT = to_microseconds(AFTER_ALL)


@pytest.fixture(scope="module")
def model(trained: Path) -> Model:
    return Registry(trained).load_current()


def answer(model: Model, name: str, article_id: str, *, explain: bool = False, **query: int) -> list[Item]:
    kind = LISTS[ListName(name)]
    row = model.index.row_of(article_id)
    asked = Query(as_of=MOMENT, **{"limit": kind.default_limit, **query})
    return items(model, kind.recommend(model.recommender, row, asked), row, explain)


def test_the_lists_have_the_names_lengths_and_headings_of_the_site():
    assert {str(name): (kind.default_limit, kind.heading) for name, kind in LISTS.items()} == {
        "related": (5, "أخبار ذات صلة"),
        "also-like": (2, "قد يهمك أيضا"),
    }
    assert set(LISTS) == set(ListName)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match="trending"):
        ListName("trending")


@pytest.mark.parametrize("name", list(ListName))
def test_an_item_is_its_article_as_the_record_gave_it(model: Model, name: str):
    records = {record["id"]: record for record in topic_records()}
    shown = answer(model, name, "football-6")
    assert shown
    for rank, item in enumerate(shown, 1):
        record = records[item.id]
        for member in ("title", "url", "section", "published_at", "source"):
            assert getattr(item, member) == record[member]
        assert item.image_url is None
        assert (item.rank, item.reason) == (rank, Reason.CONTENT)


def test_scores_have_at_most_six_decimals(model: Model):
    for item in answer(model, "related", "water-1", limit=MAX_LIMIT):
        assert item.score == round(item.score, 6)
        assert 0 < item.score <= 1


def test_a_story_is_named_after_its_first_report(model: Model):
    latest = filled(model.recommender, [], Query(as_of=MOMENT, limit=MAX_LIMIT), None, Reason.LATEST)
    names = {item.id: item.story_id for item in items(model, latest, None, explain=False)}
    assert len(set(names.values())) == len(names) == 24
    assert names[COPY] == "football-1"  # the copy is newer, so it is the one shown
    assert all(story == article for article, story in names.items() if article != COPY)


def test_words_are_shown_when_they_are_asked_for(model: Model):
    plain, explained = answer(model, "related", "health-1"), answer(model, "related", "health-1", explain=True)
    assert [item.id for item in plain] == [item.id for item in explained]
    assert all(item.matched_terms is None for item in plain)
    assert all(item.matched_terms for item in explained)


def test_without_a_source_there_is_nothing_to_explain(model: Model):
    latest = filled(model.recommender, [], Query(as_of=MOMENT), None, Reason.LATEST)
    assert all(item.matched_terms is None for item in items(model, latest, None, explain=True))


def test_an_article_that_has_a_title_only_is_shown_with_that(tmp_path: Path):
    train_into(tmp_path / "artifacts", [{"id": "1", "title": "خبر وحيد"}])
    model = Registry(tmp_path / "artifacts").load_current()
    latest = filled(model.recommender, [], Query(as_of=MOMENT), None, Reason.LATEST)
    assert items(model, latest, None, explain=False) == [
        Item("1", 1, 0.0, Reason.LATEST, "خبر وحيد", None, None, None, None, None, story_id="1")
    ]


def test_the_same_question_gets_the_same_answer(model: Model):
    for name in ListName:
        assert answer(model, name, "elections-3", explain=True) == answer(model, name, "elections-3", explain=True)
