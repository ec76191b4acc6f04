"""service.routes.drafts: a draft has the list that it will have, and learns what says the same already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.editorial import Rule, RuleType
from service.scopes import Scope
from tests.service.routes.test_archive import NEWS, NOW
from tests.service.routes.test_articles import ITEM, ask, ids
from tests.support.newsroom import COPY, topic_records
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving, under_rules

RECORDS = {record["id"]: record for record in topic_records()}


@pytest.fixture(scope="module")
def client(trained: Path) -> Iterator[Client]:
    with serving(trained, now=lambda: NOW) as client:
        yield client


def post(client: Client, record: Any, **query: Any) -> httpx.Response:
    return client.request("POST", "/v1/related", json=record, params=query)


def draft(client: Client, record: Any, **query: Any) -> dict[str, Any]:
    response = post(client, record, **query)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    answer: dict[str, Any] = response.json()
    return answer


def test_a_draft_has_the_list_that_it_has_once_it_is_published(artifacts: Path) -> None:
    with serving(artifacts, now=lambda: NOW) as client:
        before = draft(client, {**NEWS, "limit": 10, "explain": True})
        client.request("PUT", "/v1/articles/new", json=NEWS, headers=client.key(Scope.WRITE))
        after = ask(client, "new", limit=10, explain=True)
        assert before["items"] == after["items"]
        assert len(before["items"]) > 2
        assert before["items"][0]["matched_terms"]
        assert before.keys() == after.keys() | {"duplicates"}
        assert (before["list"], before["source_id"], before["duplicates"]) == ("related", None, [])


def test_nothing_of_a_draft_is_kept(client: Client) -> None:
    for _ in range(2):
        draft(client, {"id": "new", **NEWS})
    assert client.get("/v1/articles/new").status_code == 404
    assert "new" not in ids(ask(client, "football-5", limit=50))


def test_duplicates_are_what_says_the_same_already(client: Client) -> None:
    text = {name: RECORDS["football-1"][name] for name in ("body", "section")}
    answer = draft(client, {"title": "فوز ثمين", **text})
    assert {one["id"] for one in answer["duplicates"]} == {"football-1", COPY}
    assert not {"football-1", COPY} & set(ids(answer))
    assert answer["duplicates"][0].keys() == ITEM - {"rank", "score", "reason"} | {"source"}


def test_what_editors_ban_is_no_duplicate_either(client: Client) -> None:
    text = {name: RECORDS["football-1"][name] for name in ("body", "section")}
    with under_rules(client, Rule(id="1", type=RuleType.BAN, article_id="football-1")):
        answer = draft(client, {"title": "عنوان آخر", **text})
    assert {one["id"] for one in answer["duplicates"]} == {COPY}


def test_what_is_published_under_the_id_of_a_draft_is_left_out(client: Client) -> None:
    answer = draft(client, RECORDS["football-2"], limit=50)
    assert "football-2" not in [*ids(answer), *(one["id"] for one in answer["duplicates"])]
    assert ids(answer) == ids(ask(client, "football-2", limit=50))


def test_filters_hold_for_drafts(client: Client) -> None:
    assert set(ids(draft(client, NEWS, exclude="football-5", limit=50))) >= {"football-4"}
    assert "football-5" not in ids(draft(client, NEWS, exclude="football-5", limit=50))
    filled = draft(client, NEWS, fallback="latest", limit=20)
    assert (len(filled["items"]), filled["fallback"]) == (20, "latest")


@pytest.mark.parametrize(
    ("record", "member"),
    [
        ({"body": "نص بلا عنوان"}, "title"),
        ({**NEWS, "limit": 0}, "limit"),
        ({**NEWS, "limit": 51}, "limit"),
        ({**NEWS, "limit": True}, "limit"),
        ({**NEWS, "explain": "yes"}, "explain"),
        ([], None),
    ],
)
def test_what_is_no_draft_is_refused(client: Client, record: Any, member: str | None) -> None:
    problem = assert_problem(post(client, record), 422, "invalid-input")
    assert problem["errors"][0]["loc"] == ["body", *([] if member is None else [member])]
