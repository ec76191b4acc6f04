"""service.logs: every answer has a line of log without anything private."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
