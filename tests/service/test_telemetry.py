"""service.telemetry: every answer has a request id, a line of log without anything private, a place in the figures."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.telemetry import Batches, JsonLines
from tests.support.newsroom import topic_records
from tests.support.serving import Client, eventually, serving

LIST = "/v1/articles/football-2/related"
RELATED = "/v1/articles/{article_id:path}/related"


@pytest.fixture
def fresh(trained: Path) -> Iterator[Client]:
    """An application that has answered nothing yet."""
    with serving(trained) as client:
        yield client


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the service logs, line by line, as a machine reads it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("silah")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().split("\n") if line]
    logger.removeHandler(handler)
    logger.setLevel(level)


def figures(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples of /metrics by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def answered(client: Client, route: str, status: int, method: str = "GET") -> float:
    labels = (("method", method), ("route", route), ("status", str(status)))
    return figures(client).get(("silah_http_requests_total", labels), 0.0)


@pytest.mark.parametrize("request_id", ["a", "call-7", "0123456789abcdef0123456789abcdef", "A.b_c-D", "x" * 64])
def test_a_sound_request_id_is_handed_back(client: Client, request_id: str) -> None:
    assert client.get(LIST, headers={"X-Request-ID": request_id}).headers["x-request-id"] == request_id


@pytest.mark.parametrize(
    "request_id",
    [b"", b"x" * 65, b"two words", b"<script>", b'"}', b"a\xc3\xa9", b"\xff", b"a;b", b"../..", b"a\tb", b"${jndi:x}"],
)
def test_a_hostile_request_id_is_replaced(client: Client, request_id: bytes) -> None:
    given = client.get(LIST, headers={b"X-Request-ID": request_id}).headers["x-request-id"]
    assert given.encode() != request_id
    assert len(given) == 32
    assert given.isalnum()


def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    paths = (LIST, "/health/live", "/metrics", "/demo", "/nowhere", f"{LIST}?limit=0", "/openapi.json")
    ids = [client.get(path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)


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


def test_lines_that_inform_are_written_together_and_a_warning_at_once() -> None:
    stream = io.StringIO()
    handler = Batches(stream, every=3600)
    for level, text in ((logging.INFO, "one"), (logging.INFO, "two")):
        handler.handle(logging.LogRecord("silah.test", level, "", 0, text, (), None))
    assert stream.getvalue() == ""
    handler.handle(logging.LogRecord("silah.test", logging.WARNING, "", 0, "three", (), None))
    assert stream.getvalue() == "one\ntwo\nthree\n"
    handler.handle(logging.LogRecord("silah.test", logging.INFO, "", 0, "four", (), None))
    handler.flush()
    assert stream.getvalue().endswith("three\nfour\n")


def test_a_line_that_informs_is_written_soon() -> None:
    stream = io.StringIO()
    handler = Batches(stream, every=0.01)
    for text in ("one", "two"):
        handler.handle(logging.LogRecord("silah.test", logging.INFO, "", 0, text, (), None))
        eventually(lambda text=text: stream.getvalue().endswith(f"{text}\n"))


def test_answers_are_counted_by_route_and_status(fresh: Client) -> None:
    for path in (LIST, LIST, f"{LIST}?limit=0", "/v1/articles/nobody/related", "/nowhere"):
        fresh.get(path)
    assert answered(fresh, RELATED, 200) == 2
    assert answered(fresh, RELATED, 422) == 1
    assert answered(fresh, RELATED, 404) == 1
    assert answered(fresh, "unknown", 404) == 1


def test_an_encoded_id_is_counted_for_its_route(fresh: Client) -> None:
    fresh.get("/v1/articles/football%2F2/related")
    fresh.get("/v1/articles/100%25/related")
    assert answered(fresh, RELATED, 404) == 2


def test_paths_from_outside_do_not_become_labels(fresh: Client) -> None:
    for number in range(20):
        fresh.get(f"/nowhere/{number}")
        fresh.get(f"/v1/articles/{number}/related")
    routes = {dict(labels)["route"] for name, labels in figures(fresh) if name == "silah_http_requests_total"}
    assert routes == {RELATED, "unknown"}


def test_the_time_of_every_answer_is_in_the_histogram(fresh: Client) -> None:
    for _ in range(3):
        fresh.get(LIST)
    found = figures(fresh)
    assert found["silah_http_request_seconds_count", (("route", RELATED),)] == 3
    assert found["silah_http_request_seconds_bucket", (("le", "+Inf"), ("route", RELATED))] == 3
    assert found["silah_http_request_seconds_sum", (("route", RELATED),)] > 0


def test_lengths_of_lists_and_fallbacks_are_counted(fresh: Client) -> None:
    fresh.get(f"{LIST}?limit=2")
    fresh.get("/v1/articles/nobody/also-like?fallback=latest&limit=3")
    found = figures(fresh)
    assert found["silah_list_items_sum", (("list", "related"),)] == 2
    assert found["silah_list_items_sum", (("list", "also-like"),)] == 3
    assert found["silah_fallbacks_total", (("fallback", "latest"), ("list", "also-like"))] == 1
    assert ("silah_fallbacks_total", (("fallback", "latest"), ("list", "related"))) not in found


def test_the_model_is_in_the_figures(fresh: Client) -> None:
    found = figures(fresh)
    assert found["silah_model_articles", ()] == len(topic_records())
    assert found["silah_model_created_timestamp_seconds", ()] > 0
    assert found["silah_model_refused", ()] == 0


def test_figures_are_given_before_anything_is_published(nothing: Client) -> None:
    assert figures(nothing)["silah_model_articles", ()] == 0
