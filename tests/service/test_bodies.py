"""service.bodies: what is too large or too deep is refused before anything reads it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from service.app import create_app
from service.bodies import Bodies, depth, lines
from service.scopes import Scope
from service.settings import ServiceSettings
from tests.support.problems import assert_problem
from tests.support.serving import Client, asking

ECHO = "/echo"
LARGEST, DEEPEST = 1000, 3


@pytest.fixture
def echo(trained: Path, tmp_path: Path) -> Iterator[Client]:
    """The application with a route that answers what it is sent."""
    settings = ServiceSettings(
        artifacts=trained, state=f"sqlite:///{tmp_path / 'state.db'}", body_bytes=LARGEST, json_depth=DEEPEST
    )
    app = create_app(settings)

    async def answer(request: Request) -> Any:
        return {"read": (await request.body()).decode()}

    app.put(ECHO)(answer)
    with asking(app) as client:
        yield client


def send(client: Client, body: Any) -> httpx.Response:
    return client.request("PUT", ECHO, content=body, headers=client.key(Scope.ADMIN))


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def test_a_body_arrives_as_it_was_sent(echo: Client) -> None:
    for body in (b"", b"{}", b"x" * LARGEST, '{"title": "عاجل [[[[[["}'.encode()):
        assert send(echo, body).json() == {"read": body.decode()}
    assert send(echo, parts(b"a" * 400, b"", b"b" * 600)).json() == {"read": "a" * 400 + "b" * 600}


def test_a_body_too_large_is_413_whether_or_not_it_says_so(echo: Client) -> None:
    for body in (b"x" * (LARGEST + 1), parts(b"x" * 600, b"x" * 600, b"x" * 600)):
        problem = assert_problem(send(echo, body), 413, "body-too-large")
        assert str(LARGEST) in problem["detail"]


def test_json_too_deep_is_422(echo: Client) -> None:
    assert send(echo, b'[[["[[["]]]').status_code == 200
    assert_problem(send(echo, b"[[[[]]]]"), 422, "nested-too-deep")


def test_where_lines_stream_in_a_bad_one_keeps_out_itself_alone(echo: Client) -> None:
    body = b'{"id": "nobody", "deleted": true}\n' * 100 + b"[[[[[[]]]]]]\n" + b"x" * (ServiceSettings().line_bytes + 1)
    answer = echo.request("POST", "/v1/articles:bulk", content=body, headers=echo.key(Scope.WRITE))
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [result["status"] for result in results] == ["deleted"] * 100 + ["rejected"] * 2
    assert (results[100]["reason"], results[101]["reason"]) == ("bad_json", "too_long")


def test_a_body_nobody_may_send_is_not_read(echo: Client) -> None:
    assert_problem(echo.request("PUT", ECHO, content=b"x" * (LARGEST + 1)), 401, "key-required")


def test_a_client_that_goes_away_is_not_answered() -> None:
    async def never(*_: Any) -> None:
        raise AssertionError

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "PUT", "path": ECHO, "headers": []}
    asyncio.run(Bodies(never, LARGEST, DEEPEST)(scope, gone, never))


def test_after_its_body_a_route_hears_what_comes_in() -> None:
    heard: list[str] = []
    messages = iter([{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def app(_: Any, receive: Any, __: Any) -> None:
        heard.extend([(await receive())["type"], (await receive())["type"]])

    scope = {"type": "http", "method": "PUT", "path": ECHO, "headers": []}
    asyncio.run(Bodies(app, LARGEST, DEEPEST)(scope, receive, receive))
    assert heard == ["http.request", "http.disconnect"]


TREES = st.recursive(
    st.none() | st.text() | st.text(st.sampled_from('"\\[]{}')) | st.integers(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
)


def height(tree: Any) -> int:
    if not isinstance(tree, list | dict):
        return 0
    return 1 + max(map(height, tree.values() if isinstance(tree, dict) else tree), default=0)


@given(TREES, st.integers(0, 6), st.booleans())
def test_depth_is_that_of_the_tree(tree: Any, enough: int, ascii_only: bool) -> None:
    body = json.dumps(tree, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert (depth(body, enough) > enough) == (height(tree) > enough)


@pytest.mark.parametrize("body", [b'"' + b"[" * 50, b"]" * 50 + b"[[", b'\\"[[', b'"\\"[[[[[["[', b"\xff[["])
def test_what_is_no_json_has_a_depth_too(body: bytes) -> None:
    assert depth(body, 2) <= 2


def split(chunks: list[bytes], longest: int) -> list[bytes | None]:
    async def collect() -> list[bytes | None]:
        return [line async for line in lines(parts(*chunks), longest)]

    return asyncio.run(collect())


@given(st.lists(st.binary(max_size=12).map(lambda part: part.replace(b"\0", b"\n")), max_size=8), st.integers(1, 9))
def test_lines_are_the_same_however_they_come_in(chunks: list[bytes], longest: int) -> None:
    whole = b"".join(chunks).split(b"\n")
    expected = whole if whole[-1] else whole[:-1]
    assert split(chunks, longest) == [line if len(line) <= longest else None for line in expected]


def test_a_line_without_end_is_not_held() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000
        yield b"\nlast\n"

    async def collect() -> list[bytes | None]:
        return [line async for line in lines(endless(), 10)]

    assert asyncio.run(collect()) == [None, b"last"]
