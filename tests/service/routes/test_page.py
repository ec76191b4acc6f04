"""service.routes.page: every box of an article's page in one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from models.article import to_microseconds
from models.editorial import Rule, RuledList, RuleType
from models.page import Box, BoxList, Layout
from tests.service.routes.test_articles import ITEM, RECORDS, ask
from tests.support.newsroom import AFTER_ALL, COPY
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving, under_rules
from tests.support.worlds import EXPIRED, FUTURE, ODD_IDS

NOW = to_microseconds(AFTER_ALL)
TITLES = {"also-like": "قد يهمك أيضا", "related": "أخبار ذات صلة", "latest": "آخر الأخبار"}


def page(client: Client, article_id: str, **asked: Any) -> dict[str, Any]:
    response = client.get(f"/v1/articles/{quote(article_id, safe='')}/page", params=asked)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def boxes(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {box["name"]: [item["id"] for item in box["items"]] for box in answer["boxes"]}


def test_an_answer_has_the_members_of_the_contract(client: Client) -> None:
    answer = page(client, "football-2")
    listed = ask(client, "football-2")
    assert answer.keys() == {"request_id", "source_id", "as_of", "model", "boxes", "degraded"}
    assert (answer["source_id"], answer["as_of"], answer["degraded"]) == ("football-2", "2025-04-01T00:00:00Z", False)
    assert answer["model"] == listed["model"]
    assert answer["request_id"] != listed["request_id"]
    for box in answer["boxes"]:
        assert box.keys() == {"name", "title", "items"}
        assert box["items"]
        for item in box["items"]:
            assert item.keys() >= ITEM
            assert "matched_terms" not in item
            assert item["title"] == RECORDS[item["id"]]["title"]
            assert box["title"] == TITLES.get(box["name"], item["section"])


@pytest.mark.parametrize("article_id", ["football-1", COPY, "health-6", "water-2"])
def test_nothing_stands_twice_on_a_page(edge: Client, article_id: str) -> None:
    items = [item for box in page(edge, article_id)["boxes"] for item in box["items"]]
    stories = [item["story_id"] for item in items]
    assert len(set(stories)) == len(stories)
    assert not {article_id, EXPIRED, FUTURE} & {item["id"] for item in items}
    assert not ({"football-1", COPY} & set(stories) and article_id in {"football-1", COPY})


def test_boxes_stand_as_laid_out_and_are_full(edge: Client) -> None:
    found = boxes(page(edge, "football-2"))
    assert list(found) == ["also-like", "related", "latest", "section-1", "section-2", "section-3"]
    assert [len(ids) for ids in found.values()] == [2, 5, 4, 4, 4, 4]


def test_boxes_of_an_article_are_its_lists(client: Client) -> None:
    found = boxes(page(client, "water-3"))
    for name in ("related", "also-like"):
        assert found[name] == [item["id"] for item in ask(client, "water-3", name)["items"]]


def test_what_is_excluded_stands_in_no_box(client: Client) -> None:
    left_out = [ids[0] for ids in boxes(page(client, "water-3")).values()]
    found = boxes(page(client, "water-3", exclude=left_out))
    assert not set(left_out) & {article_id for ids in found.values() for article_id in ids}
    assert len(found["latest"]) == 4


def test_a_page_of_the_past_sees_no_future(client: Client) -> None:
    answer = page(client, "football-1", as_of="2025-03-03T12:00:00Z")
    assert answer["as_of"] == "2025-03-03T12:00:00Z"
    items = [item for box in answer["boxes"] for item in box["items"]]
    assert items
    assert all(item["published_at"] <= "2025-03-03T12:00:00Z" for item in items)


def test_an_explanation_stands_beside_what_is_related(client: Client) -> None:
    for box in page(client, "water-3", explain="true", fields="id,matched_terms")["boxes"]:
        for item in box["items"]:
            assert item.keys() == {"id", "matched_terms"}
            assert bool(item["matched_terms"]) == (box["name"] in {"related", "also-like"})


def test_an_unknown_article_has_a_page_with_a_fallback_only(client: Client) -> None:
    assert_problem(client.get("/v1/articles/nobody/page"), 404, "article-not-found")
    found = boxes(page(client, "nobody", fallback="latest"))
    assert {name: len(ids) for name, ids in found.items()}["related"] == 5
    everything = [article_id for ids in found.values() for article_id in ids]
    assert len(set(everything)) == len(everything)


def test_bad_input_is_told(client: Client) -> None:
    assert_problem(client.get("/v1/articles/water-1/page", params={"as_of": "soon"}), 422, "invalid-input")


def test_nothing_published_is_told(nothing: Client) -> None:
    assert_problem(nothing.get("/v1/articles/water-1/page"), 503, "nothing-published")


@pytest.mark.parametrize("article_id", ODD_IDS)
def test_any_id_has_a_page(odd: Client, article_id: str) -> None:
    assert page(odd, article_id)["source_id"] == article_id


def test_a_page_is_cached_as_lists_are(trained: Path) -> None:
    clock = [NOW]
    with serving(trained, now=lambda: clock[0]) as client:
        first = client.get("/v1/articles/water-1/page")
        assert first.headers["cache-control"].startswith("public, max-age=10, stale-while-revalidate=")
        again = client.get("/v1/articles/water-1/page", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/v1/articles/water-1/page").content == first.content
        assert sum(map(len, client.app.state.context.follower.holder.answers())) == 1
        clock[0] += 60_000_000
        assert client.get("/v1/articles/water-1/page").json()["as_of"] == "2025-04-01T00:01:00Z"


def test_a_suppressed_page_keeps_the_boxes_that_are_not_its_own(client: Client) -> None:
    with under_rules(client, Rule(id="1", type=RuleType.SUPPRESS, source_id="water-1")):
        found = boxes(page(client, "water-1", fallback="latest"))
        assert not {"related", "also-like"} & found.keys()
        assert len(found["latest"]) == 4
    everywhere = Rule(id="1", type=RuleType.SUPPRESS, source_id="water-1", lists=frozenset(RuledList))
    with under_rules(client, everywhere):
        assert page(client, "water-1", fallback="latest")["boxes"] == []


def test_the_layout_is_a_setting(trained: Path) -> None:
    layout = Layout(
        (
            Box("top", BoxList.LATEST, title="عاجل", limit=1),
            Box("sport", BoxList.SECTION, section="رياضة", limit=2),
            Box("related", BoxList.RELATED, limit=3),
        )
    )
    with serving(trained, now=lambda: NOW, page=layout) as client:
        answer = page(client, "water-1")
        assert [(box["name"], box["title"], len(box["items"])) for box in answer["boxes"]] == [
            ("top", "عاجل", 1),
            ("sport", "رياضة", 2),
            ("related", "أخبار ذات صلة", 3),
        ]
