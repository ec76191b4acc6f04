"""Deadline: an answer that takes too long is given as far as it is made, and says so (``degraded``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from models.candidates import Query


class Deadline:
    """The time that one answer has, from now on.

    Attributes:
        missed: whether something was left out because it was over.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self.missed = False

    def is_over(self) -> bool:
        """Whether what takes longer is to be left out."""
        if self._clock() > self._end:
            self.missed = True
        return self.missed

    def holds(self, query: Query) -> Query:
        """A query that is answered in this time."""
        return replace(query, is_late=self.is_over)

    @property
    def left(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self._end - self._clock())
