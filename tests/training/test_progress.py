"""Progress: bars at a terminal, silence elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from training.progress import reporter


def told(console: Console) -> None:
    with reporter(console) as progress:
        read = progress.stage("reading", None)
        read(500)
        read(20)
        compared = progress.stage("neighbours", 40)
        for _ in range(4):
            compared(10)
        progress.stage("stories", 40)(7)


def test_terminal_sees_each_stage_and_how_far_it_is() -> None:
    screen = io.StringIO()
    told(Console(file=screen, force_terminal=True, width=100))
    last = screen.getvalue()
    for stage, done in (("reading", "520/?"), ("neighbours", "40/40"), ("stories", "7/40")):
        assert any(stage in line and done in line for line in last.splitlines())


def test_anything_but_a_terminal_sees_nothing() -> None:
    screen = io.StringIO()
    told(Console(file=screen, force_terminal=False))
    assert screen.getvalue() == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_what_goes_wrong_is_not_held_back(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with pytest.raises(OSError, match="full"), reporter(console):
        raise OSError("the disk is full")
