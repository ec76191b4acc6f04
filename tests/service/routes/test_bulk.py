"""service.routes.bulk: many articles in one request, one result a line; all articles in one answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.article import Article
from service import bulk
from service.scopes import Scope
from tests.service.routes.test_archive import NEWS, NOW
from tests.service.routes.test_articles import ask, ids
from tests.support.newsroom import topic_records
from tests.support.serving import Client, serving


@pytest.fixture
def client(artifacts: Path) -> Iterator[Client]:
    with serving(artifacts, now=lambda: NOW) as client:
        yield client


def post(client: Client, *lines: Any) -> httpx.Response:
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return client.request("POST", "/v1/articles:bulk", content=content, headers=client.key(Scope.WRITE))


def results(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def test_each_line_has_its_result_and_what_is_none_keeps_out_itself_alone(client: Client) -> None:
    told = results(
        post(
            client,
            {"id": "new", **NEWS},
            b"",
            {"id": "football-2", **NEWS},
            {"id": "no title"},
            b"{",
            [],
            {"id": "football-3", "deleted": True},
            {"id": 7, **NEWS},
            {"id": "new", "deleted": True},
            {"id": "new", **NEWS},
        )
    )
    assert [(line["line"], line.get("id"), line["status"]) for line in told] == [
        (1, "new", "created"),
        (3, "football-2", "updated"),
        (4, None, "rejected"),
        (5, None, "rejected"),
        (6, None, "rejected"),
        (7, "football-3", "deleted"),
        (8, "7", "created"),
        (9, "new", "deleted"),
        (10, "new", "created"),
    ]
    assert [line["reason"] for line in told if line["status"] == "rejected"] == ["blank_title", "bad_json", "bad_json"]
    assert [line["seq"] for line in told if "seq" in line] == sorted({line["seq"] for line in told if "seq" in line})
    shown = ids(ask(client, "football-5", limit=50))
    assert len({"new", "football-2", "7"} & set(shown)) == 1  # word for word the same: one story
    assert "football-3" not in shown


def test_nothing_has_no_result(client: Client) -> None:
    assert results(post(client)) == []


def test_many_lines_are_written_some_at_a_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "TOGETHER", 7)
    records = [{"id": f"n{number}", "title": f"خبر رقم {number}"} for number in range(50)]
    told = results(post(client, *records))
    assert [line["id"] for line in told] == [record["id"] for record in records]
    assert [line["line"] for line in told] == list(range(1, 51))


def test_what_is_exported_is_what_there_is(client: Client) -> None:
    post(client, {"id": "new", **NEWS}, {"id": "football-3", "deleted": True}, {"id": "football-2", **NEWS})
    response = client.request("GET", "/v1/articles:export", headers=client.key(Scope.WRITE))
    exported = results(response)
    expected = {record["id"]: record for record in topic_records() if record["id"] != "football-3"}
    expected |= {"new": {"id": "new", **NEWS}, "football-2": {"id": "football-2", **NEWS}}
    articles = {record["id"]: Article.from_record(record) for record in exported}
    assert articles == {name: Article.from_record(record) for name, record in expected.items()}
    times = [record["published_at"] for record in exported]
    assert times == sorted(times, reverse=True)
    told = results(post(client, *exported))
    assert {line["status"] for line in told} == {"updated"}
