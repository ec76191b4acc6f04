"""Ledger: what was answered is noted as it goes out, and written up together: figures and lines of log.

To count and to log an answer takes longer than to send one that is kept; many at once take less.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.caching import Listed

MOST = 64  # noted before they are written up: a third of a millisecond's work
DELAY = 0.05  # seconds that a note waits at most

access = logging.getLogger("silah.access")


class Answered(NamedTuple):
    """One answer: when, in seconds since 1970, to whom and how; ``listed`` is what to say of one that is a list."""

    at: float
    request_id: str
    method: str
    path: str
    route: str
    status: int
    seconds: float
    listed: Listed | None


class AccessRecord(logging.LogRecord):
    """One record of the log for some answers; it is written as one line each."""

    def __init__(self, answered: Sequence[Answered]) -> None:
        super().__init__(access.name, logging.INFO, "", 0, "%d requests", (len(answered),), None)
        self.answered = answered


class Ledger:
    """The notes of one process; for use in the thread of an event loop."""

    def __init__(self, count: Callable[[Sequence[Answered]], None], clock: Callable[[], float] = time.time) -> None:
        """Answers are passed on to ``count`` and to the log."""
        self._count = count
        self._clock = clock
        self._notes: list[Answered] = []

    def note(
        self, request_id: str, method: str, path: str, route: str, status: int, seconds: float, listed: Listed | None
    ) -> None:
        """Remember an answer that went out just now."""
        notes = self._notes
        notes.append(Answered(self._clock(), request_id, method, path, route, status, seconds, listed))
        if len(notes) == 1:
            asyncio.get_running_loop().call_later(DELAY, self.write_up)
        elif len(notes) >= MOST:
            self.write_up()

    def write_up(self) -> None:
        """Count and log what is noted."""
        notes, self._notes = self._notes, []
        if notes:
            self._count(notes)
            if access.isEnabledFor(logging.INFO):
                access.handle(AccessRecord(notes))
