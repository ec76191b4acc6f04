"""Commands in this process, in a folder of their own; a news site on this machine, and a web that may ask it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import silah
from tests.support.asking import asking
from tests.support.commands import Command, Ended
from tests.support.site import NewsSite
from training.sources.web import Web


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with none of this machine's settings, and a wide screen."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SILAH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def command(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """``silah`` with arguments, in this process."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["silah", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            silah.main()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else int(code is not None), *capsys.readouterr())

    return run


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


@pytest.fixture
def web() -> Iterator[Web]:
    with asking() as web:
        yield web
