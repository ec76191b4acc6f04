"""Workmates: the worker processes of one server tell each other how far they have read the journal.

Whoever wrote through one of them may be answered by another one next. So a write is answered when all have it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

FOLDER = "SILAH_WORKMATES"  # variable that names the folder they share, where there are several
PAUSE = 0.005  # seconds between two looks


class Workmates:
    """The processes that share a folder; each has a file there that holds the last entry it has applied."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._own = folder / f"{os.getpid()}.seq"
        self._clock = clock

    def tell(self, seq: int) -> None:
        """Say that all entries up to one are in effect here."""
        draft = self._own.with_suffix(".draft")
        draft.write_text(str(seq), encoding="ascii")
        draft.replace(self._own)

    def wait(self, seq: int, seconds: float) -> bool:
        """Until an entry is in effect in all that live and serve, but no longer than so; whether it is."""
        end = self._clock() + seconds
        while any(int(file.read_text("ascii")) < seq for file in self._others()):
            if self._clock() > end:
                return False
            time.sleep(PAUSE)
        return True

    def _others(self) -> list[Path]:
        files = [file for file in self._folder.glob("*.seq") if file != self._own]
        return [file for file in files if _lives(int(file.stem))]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
