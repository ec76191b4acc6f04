"""Expiry: events that count nowhere any more leave the journal, a few at a time and now and then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from sqlalchemy import delete, select

from models.errors import StateError
from models.popularity import BUCKET, ReadingRules
from service.database import Database
from service.journal import JOURNAL, Kind

log = logging.getLogger("silah.expiry")

TOGETHER = 500  # rows in a transaction: other writers wait for it


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is deleted from a state.

    Attributes:
        now: the present, microseconds since 1970.
        every: seconds from one look to the next.
    """

    database: Database
    rules: ReadingRules
    now: Callable[[], int]
    every: float = 600.0

    def step(self) -> int:
        """Delete what is too old; how many rows.

        A row is as old as its receipt, and its events are no younger: where it does not count, none of them does.

        Raises:
            StateError: the state cannot be used.
        """
        oldest = self.rules.first_counted(self.now()) * BUCKET
        old = select(JOURNAL.c.seq).where(JOURNAL.c.kind == str(Kind.EVENTS), JOURNAL.c.at < oldest)
        gone = 0
        while True:
            with self.database.writing() as connection:
                some = connection.execute(old.order_by(JOURNAL.c.at).limit(TOGETHER)).scalars().all()
                connection.execute(delete(JOURNAL).where(JOURNAL.c.seq.in_(some)))
            gone += len(some)
            if len(some) < TOGETHER:
                return gone

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look again and again, off the event loop, until the block ends; a look that has begun comes to its end."""
        ended = asyncio.Event()
        task = asyncio.create_task(self._look(ended))
        try:
            yield
        finally:
            ended.set()
            await task

    async def _look(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            try:
                gone = await asyncio.to_thread(self.step)
            except StateError as error:  # the next look will tell
                log.warning("nothing expired", extra={"problem": str(error)})
            else:
                if gone:
                    log.info("events expired", extra={"rows": gone})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), self.every)
