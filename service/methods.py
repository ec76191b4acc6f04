"""Methods: HEAD wherever there is GET, with the same headers and no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Middleware: a HEAD is asked as a GET, and its body is left out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            scope["method"] = "HEAD"  # the server minds the method that it sees when it sends
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # in the scope itself, not in a copy: telemetry, further out, reads the route that is found
        scope["method"] = "GET"
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"
