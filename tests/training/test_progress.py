"""Progress: bars at a terminal, silence elsewhere."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from training.progress import TRAINING, reporter


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


@pytest.mark.parametrize("slowness", [1.0, 3.0])
def test_terminal_sees_what_remains_of_the_whole_training_on_any_machine(slowness: float) -> None:
    screen, now, articles = io.StringIO(), [0.0], 50_000
    console = Console(file=screen, force_terminal=True, width=100, get_time=lambda: now[0])
    costs = {name: cost(articles) * slowness for name, cost in TRAINING.items()}
    with reporter(console, TRAINING) as progress:
        for name in ("reading", "analysing", "cleaning", "weighing", "neighbours"):
            steps = 100 if name != "neighbours" else 50
            advance = progress.stage(name, None if name == "reading" else articles)
            for _ in range(steps):
                now[0] += costs.get(name, 0) / 100
                advance(articles // 100)
    (last,) = [line for line in screen.getvalue().splitlines() if "all stages" in line][-1:]
    assert "4 of 6" in last
    hours, minutes, seconds = map(int, re.findall(r"(\d+):(\d\d):(\d\d)", last)[-1])
    remaining = costs["neighbours"] / 2 + costs["stories"] + costs["evaluating"]
    assert hours * 3600 + minutes * 60 + seconds == pytest.approx(remaining, rel=0.1, abs=2)


def test_a_training_without_articles_to_count_has_no_whole() -> None:
    screen = io.StringIO()
    with reporter(Console(file=screen, force_terminal=True, width=100), TRAINING) as progress:
        progress.stage("reading", None)(500)
        progress.stage("cleaning", 0)
    assert "all stages" not in screen.getvalue()


def test_anything_but_a_terminal_sees_nothing() -> None:
    screen = io.StringIO()
    told(Console(file=screen, force_terminal=False))
    assert screen.getvalue() == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_what_goes_wrong_is_not_held_back(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with pytest.raises(OSError, match="full"), reporter(console):
        raise OSError("the disk is full")
