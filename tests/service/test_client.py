"""service.client: what a site and an editor do with Silah, done with the client, on the application itself."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.editorial import RuleType
from service.client import Query, Silah, SilahError
from service.schemas import ListParameters
from service.scopes import Scope
from tests.service.routes.test_archive import NEWS, NOW
from tests.support.newsroom import topic_records
from tests.support.processes import running
from tests.support.serving import Client, serving

ODD = "خبر/١ %2F?#"


class Through(httpx.BaseTransport):
    """Carries what a client asks to an application in this process."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._client.request(request.method, str(request.url), headers=request.headers, content=request.read())
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def served(artifacts: Path) -> Iterator[Client]:
    with serving(artifacts, now=lambda: NOW) as client:
        yield client


def connected(served: Client, scope: Scope | None = None) -> Silah:
    key = None if scope is None else served.key(scope)["Authorization"].removeprefix("Bearer ")
    return Silah("http://silah", key, Through(served))


@pytest.fixture
def reader(served: Client) -> Silah:
    return connected(served)


@pytest.fixture
def site(served: Client) -> Silah:
    return connected(served, Scope.WRITE)


@pytest.fixture
def desk(served: Client) -> Silah:
    return connected(served, Scope.ADMIN)


def answering(*answers: httpx.Response) -> tuple[Silah, list[httpx.Request]]:
    """A client to whom this is answered, and what it asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers[len(asked) - 1]

    return Silah("http://silah", "the key", httpx.MockTransport(answer)), asked


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


def test_a_site_shows_its_boxes(reader: Silah) -> None:
    related = reader.related("football-2", limit=3, explain=True)
    assert related["list"] == "related"
    assert len(related["items"]) == 3
    assert related["items"][0]["matched_terms"]
    beside = reader.also_like("football-2", fields="id,title")
    assert {frozenset(item) for item in beside["items"]} == {frozenset({"id", "title"})}
    page = reader.page("football-2")
    assert {"related", "latest"} <= {box["name"] for box in page["boxes"]}
    assert ids(page["boxes"][0]["items"])
    latest = reader.standing("latest", limit=2, exclude=["football-1", "football-2"])
    assert latest["source_id"] is None
    assert len(latest["items"]) == 2


def test_a_query_has_what_lists_can_be_asked_for() -> None:
    assert Query.__annotations__.keys() == ListParameters.model_fields.keys()


def test_a_writer_asks_about_a_draft(reader: Silah) -> None:
    known = next(record for record in topic_records() if record["id"] == "football-2")
    answer = reader.draft({"title": known["title"], "body": known["body"]}, limit=2)
    assert "football-2" in ids(answer["duplicates"])
    assert len(answer["items"]) == 2


@pytest.mark.parametrize("article_id", ["new", ODD])
def test_an_article_comes_changes_and_goes(site: Silah, article_id: str) -> None:
    assert site.put(article_id, NEWS)["id"] == article_id
    assert site.article(article_id)["title"] == NEWS["title"]
    assert site.patch(article_id, {"title": "عنوان آخر"})["title"] == "عنوان آخر"
    assert site.related(article_id)["items"]
    site.delete(article_id)
    with pytest.raises(SilahError, match="404 article-not-found") as raised:
        site.article(article_id)
    assert raised.value.problem["request_id"]


def test_many_come_at_once_and_all_are_handed_out(site: Silah) -> None:
    text = "سطر\u2028آخر\x85هنا"
    results = list(site.bulk({"id": name, **NEWS, "body": text} for name in ("one", "two")))
    assert [(result["id"], result["status"]) for result in results] == [("one", "created"), ("two", "created")]
    archive = {record["id"]: record for record in site.export()}
    assert archive["two"]["body"] == text
    assert len(archive) == len(topic_records()) + 2


def test_editors_rule(desk: Silah) -> None:
    rule = desk.put_rule("ban/1", {"type": RuleType.BAN, "article_id": "football-1"})
    assert rule["active"]
    assert ids(desk.rules()) == ["ban/1"]
    assert "football-1" not in ids(desk.related("football-2", limit=50)["items"])
    desk.delete_rule("ban/1")
    assert desk.rules() == []


def test_events_are_taken_and_versions_listed(desk: Silah) -> None:
    taken = desk.events([{"type": "read", "article_id": "football-1", "reader": "r"}, {"type": "nothing"}])
    assert (taken["taken"], taken["refused"]) == (1, 1)
    assert desk.models()["serving"] == desk.models()["versions"][0]["version"]


def test_a_version_is_put_in_service_and_back() -> None:
    client, asked = answering(httpx.Response(200, json={"current": "v/1"}), httpx.Response(200, json={"current": "v0"}))
    assert client.activate("v/1") == {"current": "v/1"}
    assert client.rollback() == {"current": "v0"}
    assert [(request.method, request.url.raw_path) for request in asked] == [
        ("POST", b"/v1/models/v%2F1:activate"),
        ("POST", b"/v1/models:rollback"),
    ]
    assert [request.headers["authorization"] for request in asked] == ["Bearer the key"] * 2


def test_an_error_carries_its_problem(reader: Silah) -> None:
    with pytest.raises(SilahError) as raised:
        reader.related("football-2", limit=51)
    assert raised.value.problem["code"] == "invalid-input"
    assert raised.value.problem["errors"][0]["loc"] == ["query", "limit"]
    with pytest.raises(SilahError, match="401 key-required"):
        list(reader.bulk([]))


def test_what_is_no_problem_of_ours_is_told_as_one() -> None:
    client, _ = answering(httpx.Response(502, text="<h1>Bad Gateway</h1>"))
    with pytest.raises(SilahError, match="502 no-problem: Bad Gateway"):
        client.models()


def test_where_nobody_answers_it_is_told_so() -> None:
    with socket.socket() as unused:  # taken, and nobody listens
        unused.bind(("127.0.0.1", 0))
        client = Silah(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(SilahError) as raised:
            client.models()
        client.close()
    assert raised.value.problem["code"] == "unreachable"


def test_a_service_of_its_own_answers_many_lines(artifacts: Path, tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--artifacts", artifacts, "--port", "0") as server:
        client = Silah(server.address)
        assert client.related("football-2", fallback="latest", limit=50)["items"]
        with pytest.raises(SilahError, match="401"):
            list(client.export())
        client.close()


def test_it_is_sent_line_by_line() -> None:
    client, asked = answering(httpx.Response(200, content=b'{"line": 1}\n{"line": 2}'))
    assert [result["line"] for result in client.bulk([{"id": "a"}, {"id": "b", "deleted": True}])] == [1, 2]
    assert [json.loads(line) for line in asked[0].content.splitlines()] == [{"id": "a"}, {"id": "b", "deleted": True}]
