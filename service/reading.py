"""Reading: a query string of lists is read and checked by FastAPI once; after that its lists are made in front of it.

The endpoints' signatures stay what FastAPI reads by and what OpenAPI shows. Most questions of a site differ in
the article alone, and to route and read one takes FastAPI longer than to answer it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from models.answers import ListName
from service.caching import Answer
from service.dependencies import Context
from service.paths import decode_id
from service.schemas import ListParameters
from service.snapshot import Snapshot

REMEMBERED = 1024  # query strings
LONGEST = 512  # bytes of one

_LIST = re.compile(rf"/v1/articles/(.*)/({'|'.join(ListName)})")
_parameters: dict[bytes, ListParameters] = {}


def remember(scope: Scope, parameters: ListParameters) -> None:
    """Remember what the query string of a request was read as; all are forgotten when there are too many."""
    query = scope["query_string"]
    if len(query) <= LONGEST and query not in _parameters:
        if len(_parameters) >= REMEMBERED:
            _parameters.clear()
        _parameters[query] = parameters


class Lists:
    """Middleware: makes the lists whose query string was read before; errors are left to the framework to tell.

    ``make`` makes a list; ``routes`` are what the figures call the lists by.
    """

    def __init__(
        self,
        app: ASGIApp,
        make: Callable[[Scope, ListName, str, ListParameters, Context, Snapshot], Answer],
        context: Context,
        routes: Mapping[ListName, object],
    ) -> None:
        self._app = app
        self._make = make
        self._context = context
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Answer | None:
        parameters = _parameters.get(scope["query_string"])
        snapshot = self._context.follower.holder.current
        if parameters is None or snapshot is None or (match := _LIST.fullmatch(scope["path"])) is None:
            return None
        name = ListName(match[2])
        scope["route"] = self._routes[name]
        try:
            return self._make(scope, name, decode_id(match[1]), parameters, self._context, snapshot)
        except Exception:  # noqa: BLE001  # it is met again where errors become problems
            return None
