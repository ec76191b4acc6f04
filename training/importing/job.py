"""The import: what is new or changed in its locations goes to a target; what is no article is told and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field

from models.article import Article
from models.errors import RecordError, SourceError, StateError
from training.importing.memory import Memory, digest_of
from training.importing.targets import Target, line_of
from training.progress import Reporter
from training.records import Deletion, ReadCounts, Rejects, read_articles, reject
from training.sources import SourceRecord
from training.sources.opening import shown

AT_ONCE = 500  # records between two commits, at most
PATIENCE = 5.0  # seconds between two commits, at most, while records come

Open = Callable[[str, MutableMapping[str, str]], Iterator[SourceRecord]]
"""Records of a location, given what is known of it from earlier runs."""


@dataclass(slots=True)
class ImportSummary:
    """What an import did; the members of ``silah import --json``.

    Attributes:
        records: that were read; each is one of those below, or rejected.
        new: articles that the target did not have from this import.
        changed: those that say something else than before.
        unchanged: those that do not; they are not sent.
        deleted: articles taken away.
        failed: why a location could not be read to its end, by location; what came before was sent.
    """

    to: str = ""
    records: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    unknown_keys: Counter[str] = field(default_factory=Counter)
    rejects_file: str | None = None
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Import:
    """One import, which may run again and again: its locations, where they go, and what it remembers.

    Attributes:
        clock: seconds that pass.
        stopped: asked between records; the rest is left for the next run.
    """

    locations: Sequence[str]
    open: Open
    target: Target
    memory: Memory
    clock: Callable[[], float]
    stopped: Callable[[], bool] = lambda: False

    def run(self, rejects: Rejects, reporter: Reporter) -> ImportSummary:
        """Read all locations once. One that cannot be read does not keep the others from being read.

        Raises:
            StateError: the target takes nothing at the moment; what it did not take is read again next time.
        """
        summary = ImportSummary()
        begun = self.clock()
        for location in self.locations:
            if self.stopped():
                break
            advance = reporter.stage(shown(location), None)
            try:
                try:
                    self._take(location, summary, rejects, advance)
                except SourceError as error:
                    summary.failed[shown(location)] = str(error)
                self._commit()
            except StateError:
                self.memory.rollback()
                raise
        summary.rejected = summary.reasons.total()
        summary.seconds = round(self.clock() - begun, 3)
        return summary

    def _take(self, location: str, summary: ImportSummary, rejects: Rejects, advance: Callable[[int], None]) -> None:
        counts = ReadCounts()
        told, committed = 0, self.clock()
        try:
            for said in read_articles(self.open(location, self.memory.notes(shown(location))), counts, rejects):
                try:
                    self._send(said, summary)
                except RecordError as error:
                    reject(error, counts, rejects)
                advance(counts.records - told)
                due = counts.records // AT_ONCE > told // AT_ONCE or self.clock() - committed > PATIENCE
                told = counts.records
                if due:
                    self._commit()
                    committed = self.clock()
                if self.stopped():
                    return
        finally:
            summary.records += counts.records
            summary.reasons.update(counts.rejected)
            summary.unknown_keys.update(counts.unknown_keys)

    def _send(self, said: Article | Deletion, summary: ImportSummary) -> None:
        before, digest = self.memory.sent(said.id), digest_of(line_of(said))
        if digest == before:
            summary.unchanged += 1
            return
        self.memory.keep(said.id, digest)  # one that is refused is not sent again until it changes
        if isinstance(said, Deletion):
            self.target.delete(said.id)
            summary.deleted += 1
            return
        self.target.put(said)
        if before is None:
            summary.new += 1
        else:
            summary.changed += 1

    def _commit(self) -> None:
        self.target.flush()
        self.memory.commit()
