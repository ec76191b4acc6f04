"""Popularity: what readers did, as a pure function of their interactions, the same in whatever order these come.

A reader counts once an article, at the latest time at which it was read, however often it was. Times are counted
in buckets of ten minutes; a bucket counts from its beginning on, as a whole. As of a moment T in bucket b::

    most read   readers whose latest reading lies in the window of buckets up to b
    trending    Σ over readers ½^((b - bucket of the latest reading) / half-life)    over the last eight half-lives

Readings are clicks and reads; impressions are not counted here. A reader who opens more articles within a clock
hour than a person would is a bot, and nothing of that hour counts. What has no reader counts as one reader a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.errors import QueryError
from models.interaction import READER_BITS, Act, Interaction
from models.readings import (
    ARTICLE_BITS,
    ARTICLES,
    Part,
    Readings,
    UInt64Array,
    articles_in,
    grown,
    keys_of,
    part_of,
    readers_in,
)
from models.tfidf import Int64Array

BUCKET = 600_000_000  # microseconds
MINUTE = 60_000_000
HOUR = 6  # buckets
DAY = 24 * HOUR
ENDS = (1 << 31) * BUCKET  # later buckets have no number
HALF_LIVES = 8  # what is older weighs less than 1/256 in trending
KNOWN = 1 << READER_BITS  # set in the numbers of readers who are known; the others are minutes since 1970

_WHOLE = float(1 << 24)  # weights are whole numbers of this fraction: their sums are exact in any order
_BUCKET_SHIFT = ARTICLE_BITS + 1
_NO_CELLS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How readers are counted.

    Attributes:
        most_read_hours: the window of the most read.
        half_life_hours: the time after which a reading weighs half in trending.
        retention_days: readings that are older count no more, anywhere.
        articles_an_hour: a reader of more within a clock hour is a bot.

    Raises:
        QueryError: when a number is outside its limits, or a list would look back further than the retention.
    """

    most_read_hours: float = 24.0
    half_life_hours: float = 6.0
    retention_days: float = 7.0
    articles_an_hour: int = 60

    def __post_init__(self) -> None:
        if min(self.most_read_hours, self.half_life_hours, self.retention_days, self.articles_an_hour) <= 0:
            raise QueryError("hours, days and articles of the rules for readers are more than 0")
        longest = max(self.most_read_hours, HALF_LIVES * self.half_life_hours)
        if self.retention_days * 24 < longest:
            raise QueryError(f"readings are kept {self.retention_days} days; the lists look back {longest} hours")

    @property
    def retention(self) -> int:
        """How long readings count, microseconds."""
        return round(self.retention_days * DAY) * BUCKET

    def first_counted(self, as_of: int) -> int:
        """The first bucket that counts at a moment: no hour is counted of which a part is older than the retention."""
        oldest = (as_of - self.retention) // BUCKET
        return -(-oldest // HOUR) * HOUR


@dataclass(frozen=True, slots=True)
class Ranking:
    """Articles by what readers did; ``shares`` are those of the first, best first, float64 (n,)."""

    ids: list[str]
    shares: NDArray[np.float64]

    def blocks(self, size: int) -> Iterator[list[tuple[str, float]]]:
        """Articles with their shares, best first, in blocks; equal shares stand in one."""
        start, count = 0, len(self.ids)
        while start < count:
            last = self.shares[min(start + size, count) - 1]
            end = count - int(np.searchsorted(self.shares[::-1], last, side="left"))
            yield list(zip(self.ids[start:end], self.shares[start:end].tolist(), strict=True))
            start = end


@dataclass(frozen=True, slots=True)
class Tally:
    """Readers by bucket and article.

    Attributes:
        cells: int64 (n,), the bucket in the upper bits, then the article, then 1 where the reader is not known.
            Ascending, each once, in what is put in store.
        counts: int64 (n,), may be negative where it is to be added to another.
    """

    cells: Int64Array
    counts: Int64Array

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def buckets(self) -> Int64Array:
        return cast("Int64Array", self.cells >> _BUCKET_SHIFT)

    @property
    def articles(self) -> Int64Array:
        return cast("Int64Array", (self.cells >> 1) & (ARTICLES - 1))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which are of known readers."""
        return cast("NDArray[np.bool_]", self.cells & 1 == 0)

    def since(self, bucket: int) -> Tally:
        """Those of a bucket and later ones."""
        later = slice(int(self.cells.searchsorted(bucket << _BUCKET_SHIFT)), None)
        return Tally(self.cells[later], self.counts[later])


def added(one: Tally, other: Tally) -> Tally:
    """The sum of two."""
    return _summed(np.concatenate((one.cells, other.cells)), np.concatenate((one.counts, other.counts)))


def negative(tally: Tally) -> Tally:
    """What takes another away."""
    return Tally(tally.cells, -tally.counts)


def counted(part: Part, most: int) -> Part:
    """The latest reading of each reader and article, without the hours of bots.

    ``part`` holds all readings of its readers; ``most`` articles an hour are no bot's.
    """
    kept = np.flatnonzero(~_of_bots(part, most))
    keys = part.keys[kept]
    latest = kept[np.append(keys[1:] != keys[:-1], True)[: len(keys)]]
    return Part(part.keys[latest], part.buckets[latest])


class Popularity:
    """What readers did, frozen; more of it makes another, which shares what it can."""

    def __init__(self, rules: ReadingRules | None = None) -> None:
        self.rules = rules or ReadingRules()
        self._numbers: dict[str, int] = {}  # of article ids; shared with all that grow from here, and only added to
        self._readings = Readings()
        self._tallies: tuple[Tally, ...] = ()
        self._newest = -1
        self._oldest = 1 << 32
        self._tallies_at = lru_cache(maxsize=8)(self._tallies_of)
        self._readers = lru_cache(maxsize=8)(self._readers_of)

    def __len__(self) -> int:
        return len(self._readings)

    def with_interactions(self, interactions: Iterable[Interaction]) -> Popularity:
        """With more of them; the fewer calls for many, the better."""
        readers: list[int] = []
        articles: list[int] = []
        buckets: list[int] = []
        numbers, impression = self._numbers, Act.IMPRESSION  # looked up once, not for each
        for act, article_id, at, reader, *_ in interactions:
            if act is impression or not 0 <= at < ENDS:
                continue
            number = numbers.setdefault(article_id, len(numbers))
            if number < ARTICLES:
                readers.append(at // MINUTE if reader is None else reader | KNOWN)
                articles.append(number)
                buckets.append(at // BUCKET)
        keys = keys_of(np.array(readers, dtype=np.uint64), np.array(articles, dtype=np.uint64))
        return self._with(part_of(keys, np.array(buckets, dtype=np.int32)))

    def kept_from(self, moment: int) -> Popularity:
        """Without what counts no more at a moment: it takes no room, and no answer as of later ones changes.

        Cheap to ask again and again: only where a seventh of the retention has gathered is anything done.
        """
        first = self.rules.first_counted(moment)
        if self._oldest > first - self.rules.retention // BUCKET // 7:
            return self
        everything = self._readings.together()
        kept = everything.buckets >= first
        ids = self.ids
        old, numbers = np.unique(articles_in(everything.keys[kept]), return_inverse=True)
        other = Popularity(self.rules)
        other._numbers.update((ids[number], place) for place, number in enumerate(old.tolist()))
        keys = keys_of(readers_in(everything.keys[kept]), numbers.astype(np.uint64))
        return other._with(part_of(keys, everything.buckets[kept]))

    @property
    def ids(self) -> list[str]:
        """The ids of the articles by their numbers."""
        return list(self._numbers)

    @property
    def readings(self) -> Readings:
        """All that is known, of bots too."""
        return self._readings

    def number_of(self, article_id: str) -> int | None:
        """The number of an article in readings and tallies, or None where nobody ever read it."""
        return self._numbers.get(article_id)

    def known_readers(self, as_of: int) -> Int64Array:
        """Readers who are known, by the numbers of articles; those of the last numbers may be left out."""
        return self._readers(as_of // BUCKET)

    def most_read(self, as_of: int) -> Ranking:
        """Articles by readers within the window."""
        tally = self._since(as_of // BUCKET, round(self.rules.most_read_hours * HOUR))
        return self._ranking(tally.articles, tally.counts.astype(np.float64))

    def trending(self, as_of: int) -> Ranking:
        """Articles by readers, the latest weighing most."""
        bucket, half_life = as_of // BUCKET, self.rules.half_life_hours * HOUR
        tally = self._since(bucket, ceil(HALF_LIVES * half_life))
        weights = np.rint(_WHOLE * np.exp2((bucket - tally.buckets) / -half_life))
        return self._ranking(tally.articles, (tally.counts * weights).astype(np.float64))

    def _with(self, part: Part) -> Popularity:
        if len(part) == 0:
            return self
        readers = np.unique(readers_in(part.keys))
        before = self._readings.of_readers(readers)
        after = Readings((before,)).with_part(part).together() if len(before) else part
        change = added(self._counted(after), negative(self._counted(before)))
        other = Popularity(self.rules)
        other._numbers = self._numbers
        other._readings = self._readings.with_part(part)
        other._tallies = grown(self._tallies, change, added) if len(change) else self._tallies
        other._newest = max(self._newest, int(part.buckets.max()))
        other._oldest = min(self._oldest, int(part.buckets.min()))
        return other

    def _counted(self, part: Part) -> Tally:
        """All that counts of the readings of some readers, of whom it holds everything."""
        latest = counted(part, self.rules.articles_an_hour)
        unknown = ~_known(latest.keys)
        cells = (latest.buckets.astype(np.int64) << _BUCKET_SHIFT) | (articles_in(latest.keys) * 2 + unknown)
        return _summed(cells, np.ones(len(cells), dtype=np.int64))

    def _since(self, bucket: int, length: int | None = None) -> Tally:
        """What counts as of a bucket, of the last ``length``; a cell may be there twice, with parts of its count."""
        first = self.rules.first_counted(bucket * BUCKET)
        if length is not None:
            first = max(first, bucket - length + 1)
        later = [Tally(_NO_CELLS, _NO_CELLS), *(tally.since(first) for tally in self._tallies_at(bucket))]
        return Tally(
            np.concatenate([tally.cells for tally in later]), np.concatenate([tally.counts for tally in later])
        )

    def _tallies_of(self, bucket: int) -> tuple[Tally, ...]:
        """All that counts as of a bucket: what is in store, or counted anew where that knows of later readings."""
        if bucket >= self._newest:
            return self._tallies
        everything = self._readings.together()
        past = everything.buckets <= bucket
        return (self._counted(Part(everything.keys[past], everything.buckets[past])),)

    def _readers_of(self, bucket: int) -> Int64Array:
        tally = self._since(bucket)
        known = tally.known
        return np.bincount(tally.articles[known], weights=tally.counts[known]).astype(np.int64)

    def _ranking(self, articles: Int64Array, weights: NDArray[np.float64]) -> Ranking:
        """Articles by the sums of their weights, which are whole numbers."""
        sums = np.bincount(articles, weights=weights)
        found = np.flatnonzero(sums > 0)
        found = found[np.argsort(-sums[found], kind="stable")]
        ids = self.ids
        return Ranking([ids[number] for number in found.tolist()], sums[found] / sums.max(initial=1))


def _summed(cells: Int64Array, counts: Int64Array) -> Tally:
    """Cells in any order, some perhaps twice, as a tally."""
    order = np.argsort(cells, kind="stable")
    cells = cells[order]
    first = np.flatnonzero(np.append(True, cells[1:] != cells[:-1])[: len(cells)])
    sums = np.add.reduceat(counts[order], first) if len(first) else counts
    there = sums != 0
    return Tally(cells[first][there], sums[there])


def _known(keys: UInt64Array) -> NDArray[np.bool_]:
    return readers_in(keys) >= np.uint64(KNOWN)


def _of_bots(part: Part, most: int) -> NDArray[np.bool_]:
    """Which readings are of an hour in which their reader opened more than ``most`` articles."""
    mask = np.zeros(len(part), dtype=np.bool_)
    readers = readers_in(part.keys)
    first = np.flatnonzero(np.append(True, readers[1:] != readers[:-1])[: len(part)])
    lengths = np.diff(np.append(first, len(part)))
    # who has not so many readings in all has not so many in an hour: hardly anybody is left
    busy = np.flatnonzero(np.repeat((lengths > most) & _known(part.keys[first]), lengths))
    if len(busy):
        readers, hours = readers[busy], part.buckets[busy] // HOUR
        order = np.lexsort((part.keys[busy], hours, readers))
        readers, hours, keys = readers[order], hours[order], part.keys[busy[order]]
        another = np.append(True, (readers[1:] != readers[:-1]) | (hours[1:] != hours[:-1]))
        article = another | np.append(True, keys[1:] != keys[:-1])
        number = np.cumsum(another) - 1
        articles = np.bincount(number, weights=article)
        mask[busy[order]] = articles[number] > most
    return mask
