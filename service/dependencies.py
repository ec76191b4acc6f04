"""Dependencies: what routes are given, found on the application's state.

All are coroutines: FastAPI would send a plain function to a thread for every request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path, Request

from models.registry import Registry
from service.follower import Follower
from service.journal import Journal
from service.keys import Keys
from service.ledger import Ledger
from service.metrics import Metrics
from service.paths import decode_id
from service.pseudonyms import Pseudonyms
from service.settings import ServiceSettings
from service.snapshot import Snapshot
from service.writing import Writer


@dataclass(frozen=True)
class Context:
    """Everything an application is made of; one a process.

    Attributes:
        now: the present, microseconds since 1970.
    """

    settings: ServiceSettings
    registry: Registry
    follower: Follower
    writer: Writer
    pseudonyms: Pseudonyms
    metrics: Metrics
    ledger: Ledger
    journal: Journal
    keys: Keys
    now: Callable[[], int]


async def context(request: Request) -> Context:
    """The application's context."""
    return cast("Context", request.app.state.context)


async def snapshot(request: Request) -> Snapshot:
    """The snapshot in service, taken once for a request."""
    return cast("Context", request.app.state.context).follower.holder.take()


async def article_id(
    article_id: Annotated[str, Path(description="the article's id; a slash in it may be sent as `/` or `%2F`")],
) -> str:
    """The id in the path."""
    return decode_id(article_id)


InContext = Annotated[Context, Depends(context)]
InSnapshot = Annotated[Snapshot, Depends(snapshot)]
ArticleId = Annotated[str, Depends(article_id)]
