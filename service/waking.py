"""Waking: how a process learns that another one has written, before it looks.

PostgreSQL tells its listeners (LISTEN, NOTIFY); looking now and then is the safety net. On SQLite to look is
cheap and the only way.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import PoolProxiedConnection

from service.database import Database

CHANNEL = "silah_journal"


@dataclass(frozen=True, slots=True)
class Pacing:
    """Seconds between two looks: where nobody tells, and where somebody should."""

    untold: float = 0.05
    told: float = 0.5


class Waking(Protocol):
    """Something to wait by; use by many threads is safe."""

    def attend(self) -> None:
        """From here on nothing is missed.

        Raises:
            StateError: the database cannot be reached.
        """

    def wait(self, seconds: float) -> None:
        """Return when it is time to look again, after ``seconds`` at the latest."""

    def close(self) -> None: ...


def waking(database: Database, pacing: Pacing) -> Waking:
    """What fits a database."""
    return Looking(pacing) if database.is_sqlite else Listening(database, pacing)


class Looking:
    """Look again soon."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing

    def attend(self) -> None:
        pass

    def wait(self, seconds: float) -> None:
        time.sleep(min(seconds, self._pacing.untold))

    def close(self) -> None:
        pass


class Listening:
    """One connection that listens; the thread that has it waits for what is told, others look."""

    def __init__(self, database: Database, pacing: Pacing) -> None:
        self._database = database
        self._pacing = pacing
        self._mine = threading.Lock()
        self._connection: PoolProxiedConnection | None = None

    def attend(self) -> None:
        if self._connection is None:
            with self._mine:
                self._connection = self._connection or self._listen()

    def wait(self, seconds: float) -> None:
        if not self._mine.acquire(blocking=False):
            time.sleep(min(seconds, self._pacing.untold))
            return
        try:
            driver: Any = None if self._connection is None else self._connection.dbapi_connection
            if driver is not None:
                deque(driver.notifies(timeout=min(seconds, self._pacing.told), stop_after=1), maxlen=0)
        except self._database.driver_error:  # the look that follows tells what is wrong
            self._hang_up()
        finally:
            self._mine.release()

    def close(self) -> None:
        with self._mine:
            self._hang_up()

    def _listen(self) -> PoolProxiedConnection:
        with self._database.told():
            connection = self._database.engine.raw_connection()
            connection.detach()  # the pool would lend it to others
            driver: Any = connection.dbapi_connection
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            return connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
