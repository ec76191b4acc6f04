"""Progress: what a person at a terminal sees while a job runs; on stderr, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn


class Reporter(Protocol):
    """Told by a job of its stages."""

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        """A stage begins, of ``total`` steps or of an unknown number; call the answer with steps done."""


class Silent:
    """Says nothing."""

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:  # noqa: ARG002
        return lambda steps: None  # noqa: ARG005


class Bars:
    """A bar for each stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        task = self._progress.add_task(name, total=total)
        return lambda steps: self._progress.update(task, advance=steps)


@contextmanager
def reporter(console: Console) -> Iterator[Reporter]:
    """Bars when the console is a terminal, else silence."""
    if not console.is_terminal:
        yield Silent()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        yield Bars(progress)
