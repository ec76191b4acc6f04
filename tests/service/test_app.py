"""Application: what it says of itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

from service.app import create_app
from service.settings import ServiceSettings


def test_version_is_that_of_the_project(tmp_path: Path) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert create_app(ServiceSettings(artifacts=tmp_path)).version == project["project"]["version"]
