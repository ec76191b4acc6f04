"""What several tests stand on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.newsroom import topic_records, train_into

# the same examples at every run: a red test is red again tomorrow
settings.register_profile("suite", deadline=None, derandomize=True, database=None, max_examples=60)
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
