"""Paths: an id that holds a slash may come percent-encoded, and then stays one segment.

ASGI servers hand over a decoded path, in which ``a%2Fb`` and ``a/b`` are the same. Where
the raw path has an encoded slash or percent sign, those two stay encoded for routing, and
:func:`decode_id` decodes them in the id.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send


class EncodedSlashes:
    """Middleware: the router sees ``%2F`` and ``%25`` where the client sent them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw: bytes = scope.get("raw_path") or b""
            if b"%2" in raw and (b"%2f" in raw or b"%2F" in raw or b"%25" in raw):
                # in the scope itself, not in a copy: telemetry, further out, reads the route that is found
                scope["path"] = _encode(raw.partition(b"?")[0].decode("ascii", "replace"))
        await self._app(scope, receive, send)


def decode_id(segment: str) -> str:
    """The id in a routed path."""
    return segment.replace("%2F", "/").replace("%25", "%")


def _encode(raw: str) -> str:
    parts = (unquote(part) if "%" in part else part for part in raw.split("/"))
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)
