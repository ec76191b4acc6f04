"""Writing: a change is durable in the journal and in effect in this server before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from service.follower import Follower
from service.journal import Change, Entry, Journal
from service.tracing import Span, untraced
from service.workmates import Workmates

PATIENCE = 1.0  # seconds to wait for the other workers of this server: within that time they follow anyway


class Writer:
    """What routes write through."""

    def __init__(
        self,
        journal: Journal,
        follower: Follower,
        now: Callable[[], int],
        workmates: Workmates | None = None,
        span: Span = untraced,
    ) -> None:
        self._journal = journal
        self._follower = follower
        self._now = now
        self._workmates = workmates
        self._span = span

    async def write(self, changes: Sequence[Change], key_id: str | None = None) -> list[Entry]:
        """Write changes down, all or none, and apply them; what others wrote before is in effect then, too.

        Raises:
            StateError: the journal cannot be used.
        """
        return await asyncio.to_thread(self._write, changes, key_id)

    def _write(self, changes: Sequence[Change], key_id: str | None) -> list[Entry]:
        with self._span("journal append"):
            entries = self._journal.append(changes, self._now(), key_id)
        with self._span("snapshot apply"):
            self._follower.catch_up()
            if self._workmates is not None and entries:
                self._workmates.wait(entries[-1].seq, PATIENCE)
        return entries
