"""Security: who may ask for what, decided before anything answers.

The table says which scope a method and a path need. What it does not name needs the widest, unless it is a
GET or HEAD: these read, and reading is open or takes a key, by setting.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from models.errors import StateError
from service.keys import Key, Keyring
from service.problems import problem, problem_of
from service.scopes import Scope

READING = ("GET", "HEAD")

# method, path as it is decoded, scope; the first that fits counts
TABLE: tuple[tuple[tuple[str, ...], re.Pattern[str], Scope | None], ...] = tuple(
    (methods, re.compile(path), scope)
    for methods, path, scope in (
        (READING, r"/v1/articles/.*|/v1/lists/.*", Scope.READ),
        (READING, r"/health/(live|ready)|/metrics|/openapi\.json|/docs(/oauth2-redirect)?|/redoc", None),
        (READING, r"/v1/(models|rules|keys).*", Scope.ADMIN),
        (READING, r"/v1/articles:.*", Scope.WRITE),
        (READING, r"/(demo(/.*)?)?", Scope.READ),
        (("POST",), r"/v1/related", Scope.READ),
        (("PUT", "PATCH", "DELETE"), r"/v1/articles/.*", Scope.WRITE),
        (("POST",), r"/v1/articles:bulk|/v1/events", Scope.WRITE),
        (("POST", "PUT", "PATCH", "DELETE"), r"/v1/(models|rules|keys).*", Scope.ADMIN),
    )
)


def named(method: str, path: str) -> bool:
    """Whether the table names a method and a path."""
    return any(method in methods and pattern.fullmatch(path) for methods, pattern, _ in TABLE)


def needed(method: str, path: str) -> Scope | None:
    """The scope that a request needs; None for what everybody may."""
    for methods, pattern, scope in TABLE:
        if method in methods and pattern.fullmatch(path):
            return scope
    return Scope.READ if method in READING else Scope.ADMIN


class Rates:
    """A bucket of tokens for each key: ``rate`` a second flow in, at most those of ``burst`` seconds."""

    def __init__(self, rate: float, burst: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Let ``rate`` requests a second pass in the long run; 0 lets all pass."""
        self._rate = rate
        self._most = max(rate * burst, 1.0)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens at a moment

    def wait(self, key_id: str) -> float:
        """Take a token: 0, or the seconds until there will be one."""
        if not self._rate:
            return 0.0
        now = self._clock()
        tokens, then = self._buckets.get(key_id, (self._most, now))
        tokens = min(self._most, tokens + (now - then) * self._rate)
        taken = tokens >= 1
        self._buckets[key_id] = (tokens - taken, now)
        return 0.0 if taken else (1 - tokens) / self._rate


class Security:
    """Middleware: lets pass who may ask, and names the key in the scope (``key_id``); answers all others."""

    def __init__(self, app: ASGIApp, keyring: Keyring, rates: Rates, reading_is_open: bool) -> None:
        self._app = app
        self._keyring = keyring
        self._rates = rates
        self._open = reading_is_open

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            need = needed(scope["method"], scope["path"])
            if need is not None and not (self._open and need is Scope.READ):
                refusal = await self._refusal(scope, need)
                if refusal is not None:
                    await refusal(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Asked, need: Scope) -> JSONResponse | None:
        request, shown = Request(scope), _shown(scope)
        if shown is None:
            detail = f"this takes a key of scope {need}: Authorization: Bearer KEY, or X-API-Key: KEY"
            return _refused(request, HTTPStatus.UNAUTHORIZED, "key-required", detail)
        try:
            key = await self._keyring.find(shown)
        except StateError as error:
            return problem_of(request, error)
        if key is None:
            return _refused(request, HTTPStatus.UNAUTHORIZED, "key-refused", "no such key, or it was revoked")
        if not key.scope.includes(need):
            detail = f"this takes a key of scope {need}; this one has {key.scope}"
            return _refused(request, HTTPStatus.FORBIDDEN, "scope-too-small", detail)
        scope["key_id"] = key.id
        return self._too_fast(request, key) if scope["method"] not in READING else None

    def _too_fast(self, request: Request, key: Key) -> JSONResponse | None:
        seconds = self._rates.wait(key.id)
        if not seconds:
            return None
        headers = {"Retry-After": str(math.ceil(seconds))}
        detail = "this key asks faster than it may; many articles go into one request: POST /v1/articles:bulk"
        return problem(request, HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", detail, headers)


_CHALLENGES: Mapping[str, str] = {
    "key-required": 'Bearer realm="silah"',
    "key-refused": 'Bearer realm="silah", error="invalid_token"',
    "scope-too-small": 'Bearer realm="silah", error="insufficient_scope"',
}


def _refused(request: Request, status: HTTPStatus, code: str, detail: str) -> JSONResponse:
    """RFC 6750, 3: with what was wrong about the key."""
    return problem(request, status, code, detail, {"WWW-Authenticate": _CHALLENGES[code]})


def _shown(scope: Asked) -> str | None:
    """The key that a request carries."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name, value)
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get(b"x-api-key", b"").decode("latin-1").strip() or None
