"""Snapshot: everything an answer is made from, frozen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.artifact import Model

TICK = 60_000_000  # microseconds: freshness moves slowly, so equal answers may stay equal this long


@dataclass(frozen=True)
class Snapshot:
    """One model version as served."""

    model: Model

    @property
    def version(self) -> str:
        return self.model.manifest.version

    def moment(self, now: int) -> int:
        """The moment that lists of now are made for, microseconds: the last full minute, or the
        last moment since at which an article appeared or expired.

        Between two such moments the same question gets the same bytes; at them it changes at once.
        """
        turns = self.model.index.turns
        passed = int(np.searchsorted(turns, now, side="right"))
        last_turn = int(turns[passed - 1]) if passed else now - now % TICK
        return max(now - now % TICK, last_turn)
