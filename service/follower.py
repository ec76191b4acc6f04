"""Follower: keeps the one reference that answers are read from at the version in service and the end of the journal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from models.artifact import live, load_at_once, verify_digest
from models.errors import FileRefused, ModelError, NothingPublished, SilahError, StateError
from models.popularity import Popularity, ReadingRules
from models.registry import Registry
from service.caching import Answers
from service.journal import Journal, Kind
from service.memory import give_back
from service.snapshot import Snapshot

log = logging.getLogger("silah.follower")

TOGETHER = 500  # entries that are applied at once
ARTICLES = frozenset((Kind.ARTICLE, Kind.DELETION))
OTHERS = frozenset(Kind) - ARTICLES


@dataclass(frozen=True, slots=True)
class Refusal:
    """A version that could not be loaded, why, and when it was last tried (monotonic seconds)."""

    version: str | None
    problem: str
    tried_at: float


@dataclass
class Holder:
    """The reference. Readers take ``current`` once and use what they took.

    Attributes:
        refusal: why the version that should be in service is not.
        lost: why the journal cannot be followed; None while it can.
        behind: entries that the journal had and the snapshot had not when it was last looked at.
    """

    current: Snapshot | None = None
    refusal: Refusal | None = None
    lost: str | None = None
    behind: int = 0

    def answers(self) -> tuple[Answers, ...]:
        """Those kept of the snapshot in service."""
        current = self.current
        return () if current is None else (current.answers, current.answers_by_readers)

    def take(self) -> Snapshot:
        """The snapshot in service.

        Raises:
            NothingPublished: when there is none yet.
            ModelError: when the first one was refused.
            StateError: when the journal could not be read once.
        """
        if self.current is not None:
            return self.current
        if self.refusal is not None:
            raise (NothingPublished if self.refusal.version is None else ModelError)(self.refusal.problem)
        if self.lost is not None:
            raise StateError(self.lost)
        raise NothingPublished("no model is published yet: run `silah train`")


@dataclass
class Follower:
    """Looks at registry and journal; makes the next snapshot, then swaps the reference; keeps the old on failure.

    Another version is served once all its files are compared with their digests. The first is served once
    those are that have ``at_start`` bytes together; the others are compared one a look, and when one differs
    the version is refused as if it had been so at the start, and tried again only as a whole.

    No version is served before the journal was read to its end once: it may say what must not be shown. When it
    is lost later, what was known of it stays in effect.

    Attributes:
        cache_bytes: what each snapshot may keep of its answers.
        reading: how readers are counted.
        applied: told the last entry that is in effect, whenever another one is.
        ready_at_once: an archive of more articles is made ready for searches when one is first wanted.
    """

    registry: Registry
    journal: Journal
    holder: Holder = field(default_factory=Holder)
    every: float = 0.25
    retry: float = 10.0
    cache_bytes: int = 0
    reading: ReadingRules = field(default_factory=ReadingRules)
    at_start: float = 64 * 2**20
    applied: Callable[[int], None] = lambda _: None
    ready_at_once: int = 200_000
    _later: list[str] = field(default_factory=list, init=False)
    _swapping: threading.Lock = field(default_factory=threading.Lock, init=False)
    _looking: threading.Lock = field(default_factory=threading.Lock, init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)

    def step(self) -> None:
        """Look once at both. Works in the calling thread."""
        self._look_at_registry()
        if (current := self.holder.current) is not None:
            with contextlib.suppress(StateError):  # remembered, and told by who asks
                self.catch_up()
            archive = current.index.trained.archive
            # nothing is made of files that may be damaged: what comes of these is any error at all
            if not self._later and not archive.ready and (archive.wanted or len(archive) <= self.ready_at_once):
                archive.make_ready()

    def catch_up(self) -> None:
        """Bring the snapshot in service to the end of the journal; several threads may ask for that at once.

        Raises:
            StateError: the journal cannot be read.
        """
        with self._swapping, self._remembered():
            current = self.holder.current
            if current is None or (last := self.journal.last()) == current.seq:
                return
            if last < current.seq:
                log.warning("journal begun anew", extra={"seq": last, "before": current.seq})
                fresh, _ = self._fresh(current.version)
                current = self._read(fresh)
            self._swap(self._advanced(current, current.seq, last))

    def change_over(self) -> None:
        """Serve the version that is named now, if it can be served; one that was refused before is tried again."""
        self._look_at_registry(patient=False)

    def _look_at_registry(self, *, patient: bool = True) -> None:
        """A version that fails is tried again after ``retry`` seconds, where there is patience."""
        with self._looking:  # a version is loaded once, whoever asks for it
            self._look(patient=patient)

    def _look(self, *, patient: bool) -> None:
        wanted = None
        serving = self.holder.current.version if self.holder.current else None
        refusal = self.holder.refusal
        try:
            wanted = self.registry.current()
            if wanted == serving and wanted is not None:
                self._compare_next()
                self.holder.refusal = None
                return
            again = refusal.tried_at + self.retry if patient and refusal and refusal.version == wanted else 0.0
            if wanted is not None and time.monotonic() < again:
                return
            if wanted is None:
                raise NothingPublished(f"no model is published in {self.registry.root}: run `silah train`")
            # only at the first look is there nobody to answer meanwhile
            at_once = self.at_start if serving is None and refusal is None else math.inf
            with self._remembered():
                self.journal.last()  # without it nothing is served, and nothing need be loaded
                fresh, later = self._fresh(wanted, at_once)
                fresh = self._read(fresh)  # most of it while others write
                with self._swapping:
                    fresh = self._read(fresh)
                    self.holder.refusal = None  # first: a reader between the two must not see it called refused
                    self._later = later  # not before: until now those of the old one are to be compared
                    self._swap(fresh)
            log.info("serving another version", extra={"version": wanted, "before": serving, "seq": fresh.seq})
        except StateError:
            return
        except (SilahError, OSError, ValueError) as error:
            self._refuse(wanted, error)

    def _swap(self, snapshot: Snapshot) -> None:
        self.holder.current = snapshot
        self.applied(snapshot.seq)

    def _fresh(self, version: str, at_once: float = math.inf) -> tuple[Snapshot, list[str]]:
        """A version as it was trained, and its files whose digests are still to be compared."""
        folder = self.registry.folder(version)
        model, later = load_at_once(folder, at_once)
        model = live(folder, model)
        model = replace(model, recommender=replace(model.recommender, popularity=Popularity(self.reading)))
        answers, by_readers = (Answers(self.cache_bytes // 2) for _ in range(2))
        return Snapshot(model, answers=answers, answers_by_readers=by_readers), later

    def _read(self, fresh: Snapshot) -> Snapshot:
        """A version at the end of the journal; what is not of articles is taken over from the snapshot in service."""
        last, current = self.journal.last(), self.holder.current
        trained = fresh.model.manifest.journal_seq
        articles = fresh.seq or (trained if trained <= last else 0)  # a higher one is of another journal
        others = fresh.seq
        if current is not None and current.seq <= last:
            fresh, others = fresh.beside(current), current.seq
        fresh = self._advanced(fresh, articles, last, ARTICLES)
        return self._advanced(fresh, others, last, OTHERS)

    def _advanced(self, snapshot: Snapshot, seq: int, last: int, kinds: Collection[Kind] | None = None) -> Snapshot:
        """A snapshot with the entries of these kinds after one and up to another."""
        while seq < last:
            self.holder.behind = last - seq
            entries = [entry for entry in self.journal.after(seq, TOGETHER, kinds) if entry.seq <= last]
            if not entries:
                break
            seq = entries[-1].seq
            snapshot = snapshot.apply(entries, seq)
            if len(entries) == TOGETHER:
                give_back()  # blocks of vectors that were joined: a multiple of what stays, for many articles
        self.holder.behind = 0
        return snapshot.apply((), last)

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        """Whether the journal can be followed is known to the holder."""
        try:
            yield
        except StateError as error:
            if self.holder.lost is None:
                log.error("journal lost", extra={"problem": str(error)})
            self.holder.lost = str(error)
            raise
        self.holder.lost = None

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
        """Look again and again, off the event loop, until it is over."""
        while not self._ended.is_set():
            await asyncio.to_thread(self._wait_and_step)

    def _wait_and_step(self) -> None:
        """An error that nobody foresaw ends a look and not the following, which nothing would begin again."""
        self._wait()
        if self._ended.is_set():
            return
        try:
            self.step()
        except Exception:
            log.exception("look failed")
            self._ended.wait(self.every)

    def _wait(self) -> None:
        """Until it is time to look again: the journal has something, or ``every`` seconds are over."""
        current = self.holder.current
        if current is None or self.holder.lost is not None:
            self._ended.wait(self.every)
            return
        with contextlib.suppress(StateError):  # met again by the look that follows
            self.journal.wait(current.seq, self.every)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Holder]:
        """The first look, then following in the background; when it is over, no thread uses the journal any more."""
        await asyncio.to_thread(self._look_at_registry)
        task = asyncio.create_task(self.follow())
        try:
            yield self.holder
        finally:
            self._ended.set()
            self.journal.release()
            await task
