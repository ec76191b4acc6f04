"""Readings: who read which article when, as sorted numbers that grow by small frozen parts.

A reading is a reader of 40 bits and an article of 24 in one number, and a bucket of time. Parts are merged when
the later is at least half as long as the earlier (O'Neil et al. 1996, "The log-structured merge-tree"), so that
each reading is moved a few times in its life, and what was frozen before stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from models.tfidf import Int32Array

ARTICLE_BITS = 24
ARTICLES = 1 << ARTICLE_BITS
READERS = 1 << 40

UInt64Array = NDArray[np.uint64]

_ARTICLE_BITS = np.uint64(ARTICLE_BITS)
_READER_BITS = np.uint64(40)
_ARTICLE = np.uint64(ARTICLES - 1)
_READER = np.uint64(READERS - 1)


@dataclass(frozen=True)
class Part:
    """Readings, each once, sorted by reader, article and bucket.

    Attributes:
        keys: uint64 (n,), the reader in the upper bits, the article in the lower.
        buckets: int32 (n,).
    """

    keys: UInt64Array
    buckets: Int32Array

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def by_article(self) -> UInt64Array:
        """The same keys with the article in the upper bits, ascending."""
        return np.sort(((self.keys & _ARTICLE) << _READER_BITS) | (self.keys >> _ARTICLE_BITS))


def keys_of(readers: UInt64Array, articles: UInt64Array) -> UInt64Array:
    """Readers and articles as keys."""
    return cast("UInt64Array", (readers << _ARTICLE_BITS) | articles)


def readers_in(keys: UInt64Array) -> UInt64Array:
    """The readers of keys."""
    return cast("UInt64Array", keys >> _ARTICLE_BITS)


def articles_in(keys: UInt64Array) -> NDArray[np.int64]:
    """The articles of keys."""
    return (keys & _ARTICLE).astype(np.int64)


def part_of(keys: UInt64Array, buckets: Int32Array) -> Part:
    """Readings in any order, some perhaps twice, as a part."""
    order = np.argsort(keys, kind="stable")  # of sorted runs, one behind the other: a merge
    keys, buckets = keys[order], buckets[order]
    again = keys[1:] == keys[:-1]
    if again.any():  # few come back: only their buckets need an order
        held = np.flatnonzero(np.append(again, False) | np.append(False, again))
        buckets[held] = buckets[held[np.lexsort((buckets[held], keys[held]))]]
        kept = np.append(True, ~again | (buckets[1:] != buckets[:-1]))
        keys, buckets = keys[kept], buckets[kept]
    return Part(keys, buckets)


class Sized(Protocol):
    """Something of a length."""

    def __len__(self) -> int: ...


_Part = TypeVar("_Part", bound=Sized)


def grown(parts: tuple[_Part, ...], part: _Part, join: Callable[[_Part, _Part], _Part]) -> tuple[_Part, ...]:
    """Parts with one more, those merged that are not twice as long as what comes behind them."""
    while parts and len(parts[-1]) < 2 * len(part):
        part, parts = join(parts[-1], part), parts[:-1]
    return (*parts, part)


@dataclass(frozen=True, slots=True)
class Readings:
    """A set of readings; a reading that is put in again changes nothing."""

    parts: tuple[Part, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def with_part(self, part: Part) -> Readings:
        """These and others."""
        return Readings(grown(self.parts, part, joined)) if len(part) else self

    def together(self) -> Part:
        """All of them."""
        return _all(self.parts)

    def of_readers(self, readers: UInt64Array) -> Part:
        """Those of some readers, each given once."""
        return _all(tuple(_those(part, readers) for part in self.parts))

    def readers_of(self, article: int, below: int = READERS) -> UInt64Array:
        """The readers of an article, each once, ascending; only those of lower numbers than ``below``."""
        first = np.uint64(article) << _READER_BITS
        last = first | np.uint64(below - 1)
        found = [part.by_article[slice(*_span(part.by_article, first, last))] for part in self.parts]
        return np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *found]) & _READER)


def joined(one: Part, other: Part) -> Part:
    """Two parts as one."""
    return _all((one, other))


def _all(parts: tuple[Part, ...]) -> Part:
    if len(parts) == 1:
        return parts[0]
    keys = [np.empty(0, dtype=np.uint64), *(part.keys for part in parts)]
    return part_of(np.concatenate(keys), np.concatenate([np.empty(0, np.int32), *(part.buckets for part in parts)]))


def _span(keys: UInt64Array, first: Any, last: Any) -> tuple[Any, Any]:
    """Where keys from ``first`` to ``last`` stand; of each where there are several of both."""
    return keys.searchsorted(first), keys.searchsorted(last, side="right")


def _those(part: Part, readers: UInt64Array) -> Part:
    first, end = _span(part.keys, readers << _ARTICLE_BITS, (readers << _ARTICLE_BITS) | _ARTICLE)
    counts = end - first
    ends = np.cumsum(counts)
    rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + counts, counts)
    return Part(part.keys[rows], part.buckets[rows])
