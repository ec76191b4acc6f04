"""Running applications on the visible world."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.article import to_microseconds
from service.logs import JsonLines
from tests.support.newsroom import AFTER_ALL, train_into
from tests.support.serving import Client, serving
from tests.support.worlds import edge_records, odd_ids_records

NOW = to_microseconds(AFTER_ALL)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the test alone."""
    for name in [name for name in os.environ if name.startswith(("SILAH_", "OTEL_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def client(trained: Path) -> Iterator[Client]:
    """The visible world, served at the moment ``AFTER_ALL``."""
    with serving(trained, now=lambda: NOW) as client:
        yield client


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The visible world with articles that are special in one way each, served at the same moment."""
    artifacts = tmp_path_factory.mktemp("edge") / "artifacts"
    train_into(artifacts, edge_records())
    with serving(artifacts, now=lambda: NOW) as client:
        yield client


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The visible world under ids that are hard to put into a path."""
    artifacts = tmp_path_factory.mktemp("odd") / "artifacts"
    train_into(artifacts, odd_ids_records())
    with serving(artifacts, now=lambda: NOW) as client:
        yield client


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Client]:
    """An application on a folder in which nothing is published."""
    with serving(tmp_path / "artifacts") as client:
        yield client


@pytest.fixture
def fresh(trained: Path) -> Iterator[Client]:
    """An application that has answered nothing yet."""
    with serving(trained) as client:
        yield client


@pytest.fixture
def lines(fresh: Client) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the fresh application logs, line by line, as a machine reads it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("silah")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)

    def written() -> list[dict[str, Any]]:
        fresh.app.state.context.ledger.write_up()
        return [json.loads(line) for line in stream.getvalue().split("\n") if line]

    yield written
    logger.removeHandler(handler)
    logger.setLevel(level)
