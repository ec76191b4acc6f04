"""service.logs: every answer has a line of log without anything private."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.journal import Change, Kind
from service.scopes import Scope
from tests.support.newsroom import topic_records
from tests.support.serving import Client

LIST = "/v1/articles/football-2/related"


def test_a_request_is_one_line_of_log(fresh: Client, lines: Callable[[], list[dict[str, Any]]]) -> None:
    fresh.get(f"{LIST}?limit=3", headers={"X-Request-ID": "call-7"})
    (line,) = lines()
    assert line["logger"] == "silah.access"
    assert line["level"] == "info"
    assert line["request_id"] == "call-7"
    assert (line["method"], line["path"], line["status"]) == ("GET", LIST, 200)
    assert line["milliseconds"] >= 0
    assert line["at"].endswith("Z")


def test_no_query_no_header_and_no_text_of_an_article_is_logged(
    fresh: Client, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    headers = {"Authorization": "Bearer hunter2", "Cookie": "session=hunter2", "User-Agent": "hunter2"}
    fresh.get(LIST, params={"section": "hunter2"}, headers=headers)
    fresh.get(LIST, params={"limit": "hunter2"}, headers=headers)
    fresh.request("POST", LIST, headers=headers, content=b'{"title": "hunter2"}')
    logged = json.dumps(lines(), ensure_ascii=False)
    assert len(lines()) == 3
    assert "hunter2" not in logged
    assert not [record["title"] for record in topic_records() if record["title"] in logged]


def test_a_path_cannot_forge_a_line_of_log(fresh: Client, lines: Callable[[], list[dict[str, Any]]]) -> None:
    fresh.get('/v1/articles/x%0A{"level":"error"}%E2%80%A8y')
    (line,) = lines()
    assert line["level"] == "info"
    assert line["status"] == 404


def test_an_error_is_logged_with_its_trace_on_one_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        logging.getLogger("silah.test").exception("it broke", extra={"request_id": "call-7", "path": Path("a")})
    (line,) = lines()
    assert (line["level"], line["message"], line["request_id"], line["path"]) == ("error", "it broke", "call-7", "a")
    assert "RuntimeError: first\nsecond" in line["error"]


def test_arabic_is_logged_as_it_is_read(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("silah.test").info("خبر %s", "عاجل")
    assert lines()[0]["message"] == "خبر عاجل"


def test_nothing_that_readers_writers_and_editors_send_is_logged(
    fresh: Client, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    said = "hunter2"  # stands in every text, reader's id and note
    headers = fresh.key(Scope.ADMIN)
    article = {"title": f"عنوان {said}", "body": f"متن {said}", "section": "رياضة"}
    event = {"type": "read", "article_id": "new", "reader": said}
    asked: list[tuple[str, str, Any, int]] = [
        ("POST", f"/v1/related?section={said}", article, 200),
        ("POST", "/v1/related", {**article, "title": "", "published_at": said}, 422),
        ("PUT", "/v1/articles/new", article, 201),
        ("PUT", "/v1/articles/new", {**article, "published_at": said}, 422),
        ("PATCH", "/v1/articles/new", {"title": said}, 200),
        ("POST", "/v1/articles:bulk", {"id": "one", **article}, 200),
        ("POST", "/v1/articles:bulk", {"id": "two", "title": "", "body": said}, 200),
        ("POST", "/v1/events", {"events": [event, {**event, "type": said}]}, 202),
        ("POST", "/v1/events", {"events": said}, 422),
        ("PUT", "/v1/rules/one", {"type": "ban", "article_id": "new", "note": said}, 200),
        ("PUT", "/v1/rules/one", {"type": said}, 422),
    ]
    answers = [
        fresh.request(method, path, json=body, headers={**headers, "Cookie": said}) for method, path, body, _ in asked
    ]
    assert [answer.status_code for answer in answers] == [status for *_, status in asked]
    logged = json.dumps(lines(), ensure_ascii=False)
    assert len(lines()) >= len(asked)
    assert said not in logged
    assert headers["Authorization"].split("_", 2)[2] not in logged


def test_a_change_that_cannot_be_read_is_logged_without_what_it_says(
    fresh: Client, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    context = fresh.app.state.context
    changes = [
        Change(kind, "subject", payload)
        for kind in (Kind.ARTICLE, Kind.RULE, Kind.EVENTS)
        for payload in (
            '{"id": "hunter2", "title": ["hunter2"]',
            '{"id": "x", "type": "hunter2", "note": "hunter2"}',
            '"hunter2"',
        )
    ]
    context.journal.append(changes, 0)
    context.follower.catch_up()
    told = [line for line in lines() if line["message"] == "entry passed over"]
    assert told
    assert "hunter2" not in json.dumps(told)


def test_an_unforeseen_error_is_logged_without_the_body_that_led_to_it(
    fresh: Client, lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("it broke")

    monkeypatch.setattr(type(fresh.app.state.context.journal), "append", fail)
    body = {"title": "hunter2"}
    answer = fresh.request("PUT", "/v1/articles/new", json=body, headers=fresh.key(Scope.WRITE))
    assert answer.status_code == 500
    told = json.dumps(lines())
    assert "it broke" in told
    assert "hunter2" not in told


def test_a_database_that_refuses_what_is_written_is_told_without_it(
    fresh: Client, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    headers = fresh.key(Scope.WRITE)
    with fresh.app.state.context.journal.database.writing() as connection:
        connection.execute(text("DROP TABLE journal"))
    answer = fresh.request("PUT", "/v1/articles/new", json={"title": "hunter2"}, headers=headers)
    assert answer.status_code == 503
    assert "hunter2" not in answer.text
    assert "hunter2" not in json.dumps(lines())
