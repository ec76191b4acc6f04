"""The application: settings in, ASGI out; wiring only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Receive, Scope, Send

from models.answers import ListName
from models.registry import Registry
from service import problems
from service.bodies import Bodies
from service.caching import Front
from service.database import Database
from service.dependencies import Context
from service.description import describe
from service.expiry import Expiry
from service.follower import Follower
from service.journal import Journal
from service.keys import Keyring, Keys
from service.ledger import Ledger
from service.logs import log_to_stderr
from service.methods import Heads
from service.metrics import Metrics
from service.origins import Origins
from service.paths import EncodedSlashes
from service.pseudonyms import Pseudonyms
from service.reading import Lists
from service.routes import archive, articles, bulk, drafts, events, health, lists, models, page, rules
from service.security import Rates, Security
from service.settings import ServiceSettings
from service.site import demo
from service.telemetry import Telemetry
from service.tracing import tracing, untraced
from service.workmates import FOLDER, Workmates
from service.writing import Writer

DESCRIPTION = "Which articles belong beside an article: «أخبار ذات صلة» and «قد يهمك أيضا»."
# the framework's own would tell queries and messages of errors, and not see what is answered in front of it
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def present() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class Application(FastAPI):
    """FastAPI behind layers that a request meets before anything of the framework's own."""

    front: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.front(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The document of /openapi.json."""
        if self.openapi_schema is None:
            context: Context = self.state.context
            describe(super().openapi(), reading_is_open=not context.settings.read_key_required)
        return super().openapi()

    async def framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the innermost layer calls."""
        await super().__call__(scope, receive, send)


def create_app(
    settings: ServiceSettings | None = None, now: Callable[[], int] = present, workmates: Workmates | None = None
) -> Application:
    """An application on the given settings, by default on those of the environment; ``now`` in microseconds."""
    settings = settings or ServiceSettings()
    registry = Registry(settings.artifacts)
    journal = Journal(Database(settings.state_url))
    follower = Follower(
        registry,
        journal,
        every=settings.follow_seconds,
        retry=settings.retry_seconds,
        cache_bytes=settings.cache_bytes,
        reading=settings.reading_rules,
    )
    metrics = Metrics()
    ledger = Ledger(metrics.count)
    keys = Keys(journal)
    traces = tracing(os.environ)
    writer = Writer(journal, follower, now, workmates, untraced if traces is None else traces.span)
    if workmates is not None:
        follower.applied = workmates.tell
    pseudonyms = Pseudonyms(journal.database, settings.reading_rules.retention)
    expiry = Expiry(journal.database, settings.reading_rules, now)
    context = Context(settings, registry, follower, writer, pseudonyms, metrics, ledger, journal, keys, now)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with follower.running(), expiry.running():
            yield
        ledger.write_up()
        journal.close()
        if traces is not None:
            await asyncio.to_thread(traces.close)

    app = Application(
        title="Silah",
        description=DESCRIPTION,
        version="0.1.0",
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.state.context = context
    problems.install(app)
    for router in (
        page.router,  # before articles, where any path is an id
        articles.router,
        archive.router,
        bulk.router,
        drafts.router,
        events.router,
        lists.router,
        health.router,
        models.router,
        rules.router,
    ):
        app.include_router(router)
    if settings.demo:
        app.include_router(demo.router)
    named = {route.name.replace("_", "-"): route for route in articles.router.routes if isinstance(route, APIRoute)}
    routes = {name: named[name] for name in ListName}
    layers: ASGIApp = Lists(app.framework, articles.make_list, context, routes)
    layers = Heads(EncodedSlashes(layers))
    layers = Bodies(layers, settings.body_bytes, settings.json_depth)
    layers = Front(layers, follower.holder.answers, now)
    # who may ask is decided here: behind telemetry, which counts refusals too, and before any answer
    layers = Security(layers, Keyring(keys.locks), Rates(settings.writes_per_second), not settings.read_key_required)
    if settings.cors_origins:
        layers = Origins(layers, settings.cors_origins)
    layers = Telemetry(layers, ledger)
    app.front = layers if traces is None else traces.layer(layers)
    return app


def create_worker() -> Application:
    """What a server process runs: an application that logs to stderr."""
    log_to_stderr()
    folder = os.environ.get(FOLDER)
    return create_app(workmates=None if folder is None else Workmates(Path(folder)))
