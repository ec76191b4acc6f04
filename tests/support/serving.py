"""The application in this process, asked over ASGI as a client would ask it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from models.editorial import EditorialRules, Rule
from service.app import create_app, present
from service.caching import Answers
from service.scopes import Scope
from service.settings import ServiceSettings
from service.snapshot import Snapshot

DEADLINE = 10.0  # seconds that anything may take before a test gives up


class Client:
    """Asks an application whose lifespan runs; may be used by many threads at once."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, http: httpx.AsyncClient) -> None:
        self.app = app
        self._portal = portal
        self._http = http

    def key(self, scope: Scope) -> dict[str, str]:
        """The header of a request with a new key."""
        _, shown = self.app.state.context.keys.create(scope, present())
        return {"Authorization": f"Bearer {shown}"}

    def request(self, method: str, url: str, **given: Any) -> httpx.Response:
        return self._portal.call(lambda: self._http.request(method, url, **given))

    def get(self, url: str, params: Any = None, headers: Any = None) -> httpx.Response:
        return self.request("GET", url, params=params, headers=headers)


@contextmanager
def serving(artifacts: Path, now: Callable[[], int] = present, **settings: Any) -> Iterator[Client]:
    """A running application on a folder of versions; ``now`` gives its present, microseconds since 1970.

    Its state is its own, unless one is given.
    """
    with TemporaryDirectory(prefix="silah-state-") as folder:
        settings = {"state": f"sqlite:///{folder}/state.db", **settings}
        app = create_app(ServiceSettings(artifacts=artifacts, **settings), now)
        with asking(app) as client:
            yield client


@contextmanager
def asking(app: FastAPI) -> Iterator[Client]:
    """Run an application's lifespan and give a client to it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        portal.wrap_async_context_manager(httpx.AsyncClient(transport=transport, base_url="http://silah")) as http,
    ):
        yield Client(app, portal, http)


def eventually(condition: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """What a condition gives once it is true; fails when that takes longer than the deadline."""
    last = time.monotonic() + deadline
    while not (found := condition()):
        assert time.monotonic() < last, f"not true within {deadline} s"
        time.sleep(0.02)
    return found


@contextmanager
def under_rules(client: Client, *rules: Rule) -> Iterator[Client]:
    """The same application while its snapshot has these editorial rules."""
    holder = client.app.state.context.follower.holder
    before = holder.take()
    recommender = replace(before.model.recommender, editorial=EditorialRules.of(rules))
    holder.current = Snapshot(replace(before.model, recommender=recommender), answers=Answers(2**20))
    yield client
    holder.current = before
