"""A watch goes on round after round until it is told to stop; a target that is away is asked ever more rarely."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from models.errors import StateError
from training.importing.job import ImportSummary
from training.importing.watching import LONGEST, stopped_by_signals, watch


class Waits(threading.Event):
    """An event that is set after so many waits, and does not wait itself."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self._rounds = rounds

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if len(self.waits) == self._rounds:
            self.set()
        return self.is_set()


def test_every_round_is_told_and_the_interval_grows_while_nothing_is_taken() -> None:
    outcomes: list[ImportSummary | StateError] = [
        ImportSummary(new=1),
        *(StateError("غائب") for _ in range(5)),
        ImportSummary(),
    ]
    left, told = list(outcomes), list[object]()

    def once() -> ImportSummary:
        outcome = left.pop(0)
        if isinstance(outcome, StateError):
            raise outcome
        return outcome

    stop = Waits(len(outcomes))
    watch(once, 10, stop, told.append)
    assert told == outcomes
    assert stop.waits == [10, 20, 40, 80, 80, 80, 10]
    assert LONGEST == 8


def test_a_signal_stops_it_and_is_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by_signals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_second_signal_does_not_wait() -> None:
    with stopped_by_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
