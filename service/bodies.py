"""Bodies: how much of one is read, and how deep its JSON may go.

A body is read whole here, checked, and handed on; one that is too large is refused as soon as that is known.
Where lines stream in without end, each line has a limit of its own (:func:`lines`).
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Collection
from http import HTTPStatus

import numpy as np
from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import problem

STREAMING = frozenset({"/v1/articles:bulk"})

_BRACKETS = b"[{]}"
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))
_STEPS = bytes.maketrans(_BRACKETS, bytes((1, 1, 255, 255)))  # 255 is -1 as int8


def depth(body: bytes, enough: int) -> int:
    """How deep arrays and objects of a JSON text stand in one another; no further than one more than ``enough``."""
    if body.count(b"[") + body.count(b"{") <= enough:
        return 0
    # without escapes, what stands between every second quote and the next is no string
    outside = b"".join(body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    steps = np.frombuffer(outside.translate(_STEPS, _OTHERS), dtype=np.int8)
    return min(int(steps.cumsum(dtype=np.int64).max(initial=0)), enough + 1)


async def lines(chunks: AsyncIterable[bytes], longest: int) -> AsyncIterator[bytes | None]:
    """The lines of a body as they come in, without their ends; None for each that has more than ``longest`` bytes."""
    begun, too_long = bytearray(), False
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            whole = len(begun) + len(part) <= longest and not too_long
            yield bytes(begun) + part if whole else None
            begun.clear()
            too_long = False
        too_long = too_long or len(begun) + len(rest) > longest
        if too_long:
            begun.clear()
        else:
            begun += rest
    if begun or too_long:
        yield None if too_long else bytes(begun)


class Bodies:
    """Middleware: refuses bodies of more than ``largest`` bytes, and JSON that goes deeper than ``deepest``."""

    def __init__(self, app: ASGIApp, largest: int, deepest: int, streaming: Collection[str] = STREAMING) -> None:
        self._app = app
        self._largest = largest
        self._deepest = deepest
        self._streaming = streaming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"} or scope["path"] in self._streaming:
            await self._app(scope, receive, send)
            return
        body = await self._read(scope, receive)
        refusal = self._refusal(scope, body)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif body is not None:
            await self._app(scope, _again(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body, or what there is of one that is too large; None where the client has gone."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._largest:
                return bytes(self._largest + 1)
        parts, size, more = [], 0, True
        while more and size <= self._largest:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
        return b"".join(parts)

    def _refusal(self, scope: Scope, body: bytes | None) -> JSONResponse | None:
        if body is None:
            return None
        if len(body) > self._largest:
            detail = f"a body has {self._largest} bytes at most"
            return problem(Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", detail)
        if depth(body, self._deepest) > self._deepest:
            detail = f"JSON stands at most {self._deepest} deep in one another here"
            return problem(Request(scope), HTTPStatus.UNPROCESSABLE_ENTITY, "nested-too-deep", detail)
        return None


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read, and afterwards what comes in."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read
