"""Reading: FastAPI reads and checks a query string of lists once; when it comes again, its parameters are remembered.

The endpoint's signature stays what FastAPI reads by and what OpenAPI shows. Most questions of a site differ in
the article alone, and reading takes longer than making the list.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.dependencies import article_id, context, snapshot
from service.schemas import ListParameters

REMEMBERED = 1024  # query strings
LONGEST = 512  # bytes of one

_parameters: dict[bytes, ListParameters] = {}


class ListRoute(APIRoute):
    """A route whose endpoint takes ``request``, ``article_id``, ``parameters``, ``context`` and ``snapshot``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        read = super().get_route_handler()

        async def answer(request: Request) -> Response:
            parameters = _parameters.get(request.scope["query_string"])
            if parameters is None:
                return await read(request)
            response: Response = await self.endpoint(
                request=request,
                article_id=await article_id(request.path_params["article_id"]),
                parameters=parameters,
                context=await context(request),
                snapshot=await snapshot(request),
            )
            return response

        return answer


def remember(request: Request, parameters: ListParameters) -> None:
    """Remember what the query string of a request was read as; all are forgotten when there are too many."""
    query = request.scope["query_string"]
    if len(query) <= LONGEST and query not in _parameters:
        if len(_parameters) >= REMEMBERED:
            _parameters.clear()
        _parameters[query] = parameters
