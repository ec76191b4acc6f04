"""Caching: answers as bytes with a weak ETag, 304 for those who have them, and the front where they go out again.

An answer is kept for the snapshot it was made from, by the path and query as they were sent, and holds for
a period in which the same question would get the same bytes. While it holds, :class:`Front` sends it
without asking the framework.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fastapi import Response
from starlette.types import ASGIApp, Receive, Scope, Send

OVERHEAD = 2048  # bytes that an answer takes beside its body, path and query: headers and the objects themselves


@dataclass(frozen=True, slots=True)
class Period:
    """Moments from ``since`` on and before ``until``, microseconds since 1970."""

    since: int
    until: int


ALWAYS = Period(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the figures say of an answer that is a list."""

    list: str
    items: int
    fallback: str | None
    degraded: bool = False


class Answer(Response):
    """A body with its weak ETag, 304 to who names it in ``If-None-Match``; may be sent any number of times."""

    def __init__(self, body: bytes, cache_control: str, listed: Listed | None = None) -> None:
        self.status_code, self.body, self.background = 200, body, None
        self.etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        # what Response.__init__ makes of headers, in less time than to send them
        self.raw_headers = [
            (b"etag", self.etag.encode("ascii")),
            (b"cache-control", cache_control.encode("latin-1")),
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
        ]
        self.listed = listed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's own
        scope["listed"] = self.listed
        for name, value in scope["headers"]:
            if name == b"if-none-match" and self._is_named(value.decode("latin-1")):
                headers = [header for header in self.raw_headers if header[0] in {b"etag", b"cache-control"}]
                await send({"type": "http.response.start", "status": 304, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})

    def _is_named(self, asked: str) -> bool:
        """RFC 9110, 13.1.2: weak comparison."""
        opaque = self.etag.removeprefix("W/")
        return asked.strip() == "*" or opaque in (tag.strip().removeprefix("W/") for tag in asked.split(","))


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, how long it holds, the route that made it, and the bytes it takes."""

    answer: Answer
    period: Period
    route: object
    size: int


class Answers:
    """The answers of one snapshot, of which those asked for last are kept; for use in one thread."""

    def __init__(self, capacity: int) -> None:
        """Keep at most ``capacity`` bytes; 0 keeps nothing."""
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[tuple[bytes, bytes], _Kept] = OrderedDict()

    def anew(self) -> Answers:
        """As many of another snapshot, none yet."""
        return Answers(self._capacity)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes that the kept answers take."""
        return self._size

    def keep(self, scope: Scope, answer: Answer, period: Period) -> Answer:
        """Remember the answer to a request for a period; the answer."""
        key = _key(scope)
        if key is None:
            return answer
        size = len(answer.body) + len(key[0]) + len(key[1]) + OVERHEAD
        if size <= self._capacity:
            self._forget(key)
            self._kept[key] = _Kept(answer, period, scope.get("route"), size)
            self._size += size
            while self._size > self._capacity:
                self._forget(next(iter(self._kept)))
        return answer

    def find(self, scope: Scope, now: int) -> Answer | None:
        """The answer to a request if it is kept and holds at this moment; the scope then names its route."""
        key = _key(scope)
        kept = None if key is None else self._kept.get(key)
        if key is None or kept is None or not kept.period.since <= now < kept.period.until:
            return None
        self._kept.move_to_end(key)
        scope["route"] = kept.route
        return kept.answer

    def _forget(self, key: tuple[bytes, bytes]) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._size -= kept.size


def _key(scope: Scope) -> tuple[bytes, bytes] | None:
    """Path and query as sent; None where the server does not hand over the path as it was sent."""
    raw_path = scope.get("raw_path")
    return None if raw_path is None else (raw_path, scope["query_string"])


class Front:
    """Middleware: what is kept of the snapshot in service goes out from here."""

    def __init__(self, app: ASGIApp, answers: Callable[[], Iterable[Answers]], now: Callable[[], int]) -> None:
        self._app = app
        self._answers = answers
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            for answers in self._answers():
                if (answer := answers.find(scope, self._now())) is not None:
                    await answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)
