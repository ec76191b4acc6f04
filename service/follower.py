"""Follower: keeps the one reference that answers are read from at the version in service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from models.artifact import load_at_once, verify_digest
from models.errors import FileRefused, ModelError, NothingPublished, SilahError
from models.registry import Registry
from service.caching import Answers
from service.snapshot import Snapshot

log = logging.getLogger("silah.follower")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A version that could not be loaded, why, and when it was last tried (monotonic seconds)."""

    version: str | None
    problem: str
    tried_at: float


@dataclass
class Holder:
    """The reference. Readers take ``current`` once and use what they took."""

    current: Snapshot | None = None
    refusal: Refusal | None = None

    def answers(self) -> Answers | None:
        """Those kept of the snapshot in service."""
        return None if self.current is None else self.current.answers

    def take(self) -> Snapshot:
        """The snapshot in service.

        Raises:
            NothingPublished: when there is none yet.
            ModelError: when the first one was refused.
        """
        if self.current is not None:
            return self.current
        if self.refusal is None:
            raise NothingPublished("no model is published yet: run `silah train`")
        raise (NothingPublished if self.refusal.version is None else ModelError)(self.refusal.problem)


@dataclass
class Follower:
    """Looks at the registry; on another version loads it, then swaps the reference; keeps the old on failure.

    Another version is served once all its files are compared with their digests. The first is served once
    those are that have ``at_start`` bytes together; the others are compared one a look, and when one differs
    the version is refused as if it had been so at the start, and tried again only as a whole.

    Attributes:
        cache_bytes: what each snapshot may keep of its answers.
    """

    registry: Registry
    holder: Holder = field(default_factory=Holder)
    every: float = 0.25
    retry: float = 10.0
    cache_bytes: int = 0
    at_start: float = 64 * 2**20
    _later: list[str] = field(default_factory=list, init=False)

    def step(self) -> None:
        """Look once. Loads in the calling thread; a version that fails is tried again after ``retry`` seconds."""
        wanted = None
        serving = self.holder.current.version if self.holder.current else None
        refusal = self.holder.refusal
        try:
            wanted = self.registry.current()
            if wanted == serving and wanted is not None:
                self._compare_next()
                self.holder.refusal = None
                return
            if refusal and refusal.version == wanted and time.monotonic() < refusal.tried_at + self.retry and wanted:
                return
            if wanted is None:
                raise NothingPublished(f"no model is published in {self.registry.root}: run `silah train`")
            # only at the first look is there nobody to answer meanwhile
            at_once = self.at_start if serving is None and refusal is None else math.inf
            model, self._later = load_at_once(self.registry.folder(wanted), at_once)
            loaded = Snapshot(model, Answers(self.cache_bytes))
            self.holder.refusal = None  # first: a reader between the two must not see the new one called refused
            self.holder.current = loaded
            log.info("serving another version", extra={"version": wanted, "before": serving})
        except (SilahError, OSError, ValueError) as error:
            self._refuse(wanted, error)

    def _compare_next(self) -> None:
        """Compare the next file with its digest that was not at the start; the snapshot goes when it differs."""
        snapshot = self.holder.current
        if not self._later or snapshot is None:
            return
        name = self._later.pop()
        try:
            verify_digest(self.registry.folder(snapshot.version), snapshot.model.manifest, name)
        except FileRefused as error:
            self._refuse(snapshot.version, error)  # first: a reader between the two must be told why
            self.holder.current = None
            raise

    def _refuse(self, version: str | None, error: Exception) -> None:
        refusal, serving = self.holder.refusal, self.holder.current.version if self.holder.current else None
        if refusal is None or (refusal.version, refusal.problem) != (version, str(error)):
            log.error("version refused", extra={"version": version, "problem": str(error), "serving": serving})
        self.holder.refusal = Refusal(version, str(error), time.monotonic())

    async def follow(self) -> None:
        """Look again and again, off the event loop, until cancelled."""
        while True:
            await asyncio.sleep(self.every)
            await asyncio.to_thread(self.step)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Holder]:
        """The first look, then following in the background."""
        await asyncio.to_thread(self.step)
        task = asyncio.create_task(self.follow())
        try:
            yield self.holder
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
