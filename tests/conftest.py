"""What several tests stand on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from service.journal import Journal
from tests.support.newsroom import topic_records, train_into
from tests.support.postgres import Postgres, postgres
from tests.support.states import KINDS, SERVER

# the same examples at every run: a red test is red again tomorrow
settings.register_profile("suite", deadline=None, derandomize=True, database=None, max_examples=30)
settings.register_profile("soak", deadline=None, database=None, print_blob=True, max_examples=5000)  # others each time
settings.load_profile("suite")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts with one published version of the visible world: for reading only."""
    artifacts = tmp_path_factory.mktemp("trained") / "artifacts"
    train_into(artifacts, topic_records())
    return artifacts


@pytest.fixture
def artifacts(trained: Path, tmp_path: Path) -> Path:
    """The same, a copy of one's own: to be changed and damaged."""
    return Path(shutil.copytree(trained, tmp_path / "artifacts"))


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this process."""
    assert SERVER is not None
    with postgres(SERVER) as running:
        yield running


@pytest.fixture(params=KINDS)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty state, on each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    running: Postgres = request.getfixturevalue("server")
    return running.new_database()


@pytest.fixture
def journal(state: str) -> Iterator[Journal]:
    """The journal of that state."""
    journal = Journal.open(state)
    yield journal
    journal.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what cannot be tried on this machine."""
    if SERVER is None:
        terminalreporter.write_line(
            "left out: all tests on PostgreSQL; there is no server, and apt-get may not install one"
        )
