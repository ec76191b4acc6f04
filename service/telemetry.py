"""Telemetry: a request id for every answer, and a note of it in the ledger."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.ledger import Ledger

REQUEST_ID = b"x-request-id"

_SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Telemetry:
    """Outermost middleware: names the request, times it, notes it."""

    def __init__(self, app: ASGIApp, ledger: Ledger, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._ledger = ledger
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = self._clock()
        request_id, method = _request_id(scope), scope["method"]
        scope["request_id"] = request_id
        status = 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (REQUEST_ID, request_id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            seconds = self._clock() - start
            self._ledger.note(request_id, method, scope["path"], route, status, seconds, scope.get("listed"))


def _request_id(scope: Scope) -> str:
    """The id the caller gave, where it is a harmless one, else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            given = value.decode("latin-1")
            return given if _SOUND_ID.fullmatch(given) else _new_id()
    return _new_id()


_PROCESS = secrets.token_hex(8)
_numbers = itertools.count()


def _new_id() -> str:
    """32 hexadecimal digits: 16 drawn for this process, 16 that count."""
    return f"{_PROCESS}{next(_numbers):016x}"
