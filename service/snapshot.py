"""Snapshot: everything an answer is made from, frozen, with the answers that were made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.artifact import Model
from models.index import NEVER
from models.tfidf import Int64Array
from service.caching import Answers, Period
from service.rendering import Renderer

TICK = 60_000_000  # microseconds: freshness moves slowly, so equal answers may stay equal this long


@dataclass(frozen=True)
class Snapshot:
    """One model version as served.

    Attributes:
        answers: those of this snapshot: another one, swapped in, begins with none.
    """

    model: Model
    answers: Answers = field(default_factory=lambda: Answers(0))

    @property
    def version(self) -> str:
        return self.model.manifest.version

    @cached_property
    def renderer(self) -> Renderer:
        """What writes its lists."""
        return Renderer(self.model)

    def period(self, now: int) -> Period:
        """The time around a moment, microseconds, in which lists of now stay as they are.

        It begins at the last full minute, or at the last moment since at which an article appeared or
        expired, and ends at the next. Lists of now are made for its beginning: within it the same
        question gets the same bytes; at its end they change at once.
        """
        return self._periods.around(now)

    @cached_property
    def _periods(self) -> _Periods:
        return _Periods(self.model.index.turns)

    def moment(self, now: int) -> int:
        """The moment that lists of now are made for, microseconds."""
        return self.period(now).since


class _Periods:
    """The periods between turns and full minutes; remembers the one found last, which most moments are in."""

    def __init__(self, turns: Int64Array) -> None:
        self._turns = turns
        self._last = Period(0, 0)

    def around(self, now: int) -> Period:
        if not self._last.since <= now < self._last.until:
            turns = self._turns
            passed = int(np.searchsorted(turns, now, side="right"))
            minute = now - now % TICK
            last = int(turns[passed - 1]) if passed else minute
            following = int(turns[passed]) if passed < len(turns) else NEVER
            self._last = Period(max(minute, last), min(minute + TICK, following))
        return self._last
