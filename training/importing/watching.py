"""Watching: an import that runs again and again, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from models.errors import StateError
from training.importing.job import ImportSummary

LONGEST = 8  # times the interval, between two rounds, while the target takes nothing


def watch(
    once: Callable[[], ImportSummary],
    every: float,
    stop: threading.Event,
    tell: Callable[[ImportSummary | StateError], None],
) -> None:
    """Run ``once``, wait ``every`` seconds, and so on; a target that takes nothing is tried again, ever more rarely.

    ``tell`` hears of each round what it did, or why it did nothing.
    """
    waits = every
    while not stop.is_set():
        try:
            tell(once())
            waits = every
        except StateError as error:
            tell(error)
            waits = min(2 * waits, LONGEST * every)
        stop.wait(waits)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that is set by SIGINT and SIGTERM, so that a record that is being sent is sent to its end.

    The second signal does not wait for that, nor for a source or a service that says nothing.
    """
    stop = threading.Event()

    def told(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
