"""The application: settings in, ASGI out; wiring only."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI

from models.registry import Registry
from service import problems
from service.dependencies import Context
from service.follower import Follower
from service.paths import EncodedSlashes
from service.routes import articles, health, models
from service.settings import ServiceSettings
from service.site import demo
from service.telemetry import Metrics, Telemetry, log_to_stderr

DESCRIPTION = "Which articles belong beside an article: «أخبار ذات صلة» and «قد يهمك أيضا»."


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """An application on the given settings, by default on those of the environment."""
    settings = settings or ServiceSettings()
    registry = Registry(settings.artifacts)
    follower = Follower(registry, every=settings.follow_seconds, retry=settings.retry_seconds)
    context = Context(settings, registry, follower, Metrics(), now=lambda: time.time_ns() // 1000)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with follower.running():
            yield

    app = FastAPI(title="Silah", description=DESCRIPTION, version="0.1.0", lifespan=lifespan, redirect_slashes=False)
    app.state.context = context
    problems.install(app)
    for router in (health.router, models.router, articles.router):
        app.include_router(router)
    if settings.demo:
        app.include_router(demo.router)
    app.add_middleware(EncodedSlashes)
    app.add_middleware(Telemetry, metrics=context.metrics)
    return app


def create_worker() -> FastAPI:
    """What a server process runs: an application that logs to stderr."""
    log_to_stderr()
    return create_app()
