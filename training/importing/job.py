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
    _sent: set[str] = field(default_factory=set, init=False)  # since the last commit

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
                self._doubt()
                raise
        summary.rejected = summary.reasons.total()
        summary.seconds = round(self.clock() - begun, 3)
        return summary

    def _take(self, location: str, summary: ImportSummary, rejects: Rejects, advance: Callable[[int], None]) -> None:
        counts = ReadCounts()
        records = self._paced(self.open(location, self.memory.notes(shown(location))), advance)
        try:
            for said in read_articles(records, counts, rejects):
                try:
                    self._send(said, summary)
                except RecordError as error:
                    reject(error, counts, rejects)
        finally:
            summary.records += counts.records
            summary.reasons.update(counts.rejected)
            summary.unknown_keys.update(counts.unknown_keys)

    def _paced(self, records: Iterator[SourceRecord], advance: Callable[[int], None]) -> Iterator[SourceRecord]:
        """The records, good and bad; what was made of those so far is committed now and then, until it is stopped."""
        committed = self.clock()
        for number, record in enumerate(records, 1):
            yield record
            advance(1)
            if number % AT_ONCE == 0 or self.clock() - committed > PATIENCE:
                self._commit()
                committed = self.clock()
            if self.stopped():
                return

    def _send(self, said: Article | Deletion, summary: ImportSummary) -> None:
        before, digest = self.memory.sent(said.id), digest_of(line_of(said))
        if digest == before:
            summary.unchanged += 1
            return
        self._sent.add(said.id)
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
        self._sent.clear()

    def _doubt(self) -> None:
        """Forget what was not committed; what of it the target may have taken counts as known in no version."""
        self.memory.rollback()
        for article_id in self._sent:
            self.memory.drop(article_id)
        self.memory.commit()
        self._sent.clear()
