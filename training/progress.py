"""Progress: what a person at a terminal sees while a job runs; on stderr, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Costs = Mapping[str, Callable[[int], float]]
"""What each stage of a job costs for so many articles, in their order; only their proportions count."""

# Seconds on two cores, see docs/scale.md.
TRAINING: Costs = {
    "reading": lambda articles: 90e-6 * articles,
    "analysing": lambda articles: 500e-6 * articles,
    "weighing": lambda articles: 90e-6 * articles,
    "neighbours": lambda articles: 96e-6 * articles * (articles / 12_500) ** 0.56,
    "stories": lambda articles: 12e-6 * articles,
    "evaluating": lambda articles: 8 + 6e-6 * articles,
}

RECENT = 300  # seconds over which speed is estimated: blocks of articles and other people's work make it uneven


class Reporter(Protocol):
    """Told by a job of its stages."""

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        """A stage begins, of ``total`` steps or of an unknown number; call the answer with steps done."""


class Silent:
    """Says nothing."""

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:  # noqa: ARG002
        return lambda steps: None  # noqa: ARG005


class Bars:
    """A bar for each stage; where it is known what stages cost, one for all of them, too.

    The whole is counted in what its stages cost: what remains of it is told by the speed at which that is done.
    """

    def __init__(self, progress: Progress, costs: Costs) -> None:
        self._progress = progress
        self._whole = _Whole(progress, costs)

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        done = self._whole.stage(name, total)
        task = self._progress.add_task(name, total=total)

        def advance(steps: int) -> None:
            self._progress.update(task, advance=steps)
            done(steps)

        return advance


class _Whole:
    """The bar of all stages, which begins with the first whose number of steps, the articles, is known."""

    def __init__(self, progress: Progress, costs: Costs) -> None:
        self._progress = progress
        self._costs = costs
        self._seconds: dict[str, float] = {}

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        """The next stage begins; call the answer with steps done."""
        if total is None or name not in self._costs:
            return lambda steps: None  # noqa: ARG005
        names = [*self._costs]
        place = names.index(name)
        if not self._seconds:
            self._seconds = {one: cost(total) for one, cost in self._costs.items()}
            self._task = self._progress.add_task("all stages", total=sum(self._seconds.values()))
        before = sum(self._seconds[one] for one in names[:place])
        said = f"{place + 1} of {len(names)}"
        self._progress.update(self._task, completed=before, said=said)
        each = self._seconds[name] / max(total, 1)
        return lambda steps: self._progress.update(self._task, advance=steps * each)


class _Done(MofNCompleteColumn):
    """How far a task is, in its own words where it has any."""

    def render(self, task: Task) -> Text:
        said = task.fields.get("said")
        return super().render(task) if said is None else Text(said, style="progress.download")


@contextmanager
def reporter(console: Console, costs: Costs | None = None) -> Iterator[Reporter]:
    """Bars when the console is a terminal, else silence; ``costs`` tells what remains of the whole job."""
    if not console.is_terminal:
        yield Silent()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description:<12}"), BarColumn(), _Done(), TimeRemainingColumn())
    with Progress(*columns, console=console, speed_estimate_period=RECENT) as progress:
        yield Bars(progress, costs or {})
