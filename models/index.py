"""ArticleIndex: the articles of a model as arrays, immutable, ready to be asked.

Rows stand newest first, articles of unknown time last, equal times by id: the row
number itself breaks ties, and the latest articles are the first rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from models.article import Article, to_microseconds
from models.candidates import Candidates
from models.cards import CardFile
from models.errors import ArticleNotFound
from models.tfidf import Float32Array, Int32Array, Int64Array, SparseVector

UNKNOWN_TIME = np.iinfo(np.int64).min
NEVER = np.iinfo(np.int64).max
NO_SECTION = -1
DAY = 86_400_000_000  # microseconds

UInt64Array = NDArray[np.uint64]


def id_hash(article_id: str) -> int:
    """64 bits of BLAKE2b: where an id is looked for, valid Unicode or not; equal hashes are told apart by the ids."""
    return int.from_bytes(hashlib.blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def published_of(article: Article) -> int:
    """When an article was published, as :attr:`ArticleIndex.published` has it."""
    return UNKNOWN_TIME if article.published_at is None else to_microseconds(article.published_at)


def expires_of(article: Article) -> int:
    """When an article expires, as :attr:`ArticleIndex.expires` has it."""
    return NEVER if article.expires_at is None else to_microseconds(article.expires_at)


class GatheredVectors(NamedTuple):
    """Vectors one after the other: how long each is, and their column numbers (intp) and weights (float32)."""

    lengths: Sequence[int]
    terms: NDArray[np.intp]
    weights: Float32Array


@dataclass(frozen=True)
class ArticleIndex:
    """Arrays of n articles; every array may be memory-mapped and is never written to.

    Attributes:
        indptr, terms, weights: the unit vectors in CSR form: int64 (n + 1,), int32, float32.
        neighbour_rows, neighbour_scores: int32 and float32 (n, k), best first; rows of -1, which are none, last.
        published: int64 (n,), microseconds since 1970 or ``UNKNOWN_TIME``.
        expires: int64 (n,), microseconds since 1970 or ``NEVER``.
        section: int32 (n,), place in ``section_names`` or ``NO_SECTION``.
        story: int32 (n,), equal for articles that are copies of each other.
        alike_indptr, alike_rows: int64 (n + 1,) and int32: for each article those alike in wording,
            copies or not, ascending.
        own: bool (n,), whether the site wrote it itself: its source is the site's, or is not named.
        id_hashes: uint64 (n,), ascending; ``id_rows``: int32 (n,), the row of each.
        cards: the articles themselves.
    """

    indptr: Int64Array
    terms: Int32Array
    weights: Float32Array
    neighbour_rows: Int32Array
    neighbour_scores: Float32Array
    published: Int64Array
    expires: Int64Array
    section: Int32Array
    section_names: Sequence[str]
    story: Int32Array
    alike_indptr: Int64Array
    alike_rows: Int32Array
    own: NDArray[np.bool_]
    id_hashes: UInt64Array
    id_rows: Int32Array
    cards: CardFile

    def __len__(self) -> int:
        return len(self.published)

    @property
    def present(self) -> int:
        """Articles that are there: all, where none can go."""
        return len(self)

    @cached_property
    def section_number(self) -> dict[str, int]:
        """Section name → number."""
        return {name: number for number, name in enumerate(self.section_names)}

    @cached_property
    def by_time(self) -> Int32Array:
        """All rows, newest first, unknown times last, equal times by id."""
        return np.arange(len(self), dtype=np.int32)

    @cached_property
    def times(self) -> Int64Array:
        """The times of :attr:`by_time`, in the other direction: int64 (n,), ascending."""
        return self.published[::-1]

    def place_in_time(self, row: int) -> int:
        """The place of a row in :attr:`by_time`."""
        return row

    def ranked(self, candidates: Candidates) -> Candidates:
        """Best score first; equal scores newer first, then by id."""
        return candidates.ranked()

    @cached_property
    def turns(self) -> Int64Array:
        """The moments at which some article appears or expires, ascending: lists may change there."""
        known = self.times[np.searchsorted(self.times, UNKNOWN_TIME, side="right") :]
        moments = np.concatenate((known, np.unique(self.expires[self.expires != NEVER])))
        moments.sort(kind="stable")  # a merge: both parts ascend already
        return cast("Int64Array", moments[np.append(True, moments[1:] != moments[:-1])[: len(moments)]])

    @cached_property
    def days(self) -> NDArray[np.float64]:
        """Days from 1970 to the publication of each article; an unknown time is infinitely far from all."""
        published = self.published
        return np.where(published == UNKNOWN_TIME, -np.inf, published / DAY)

    def row_of(self, article_id: str) -> int:
        """The row of an id.

        Raises:
            ArticleNotFound: when there is none.
        """
        row = self.find(article_id)
        if row is None:
            raise ArticleNotFound(article_id)
        return row

    def find(self, article_id: str) -> int | None:
        """The row of an id, or None."""
        wanted = np.uint64(id_hash(article_id))
        place = int(self.id_hashes.searchsorted(wanted))
        while place < len(self.id_hashes) and self.id_hashes[place] == wanted:
            row = int(self.id_rows[place])
            if self.cards.is_of(row, article_id):
                return row
            place += 1
        return None

    def article(self, row: int) -> Article:
        """The article of a row, read from the model's folder."""
        return self.cards.article(row)

    def section_name(self, row: int) -> str | None:
        """The section of a row as the site writes it, or None."""
        number = int(self.section[row])
        return None if number == NO_SECTION else self.section_names[number]

    def neighbours(self, row: int) -> Candidates:
        """The articles nearest to one by cosine, best first."""
        rows, scores = self.neighbour_rows[row], self.neighbour_scores[row]
        if len(rows) and rows[-1] < 0:  # those that are none stand last
            known = int(np.count_nonzero(rows >= 0))
            return Candidates(rows[:known], scores[:known])
        return Candidates(rows, scores)

    def farther(self, row: int, count: int, allowed: NDArray[np.bool_]) -> Candidates | None:  # noqa: ARG002
        """The ``count`` nearest of the rows that are allowed, bool (n,), however far; None where nobody can look."""
        return None

    def alike(self, row: int) -> list[int]:
        """The articles alike to one in wording."""
        first, last = self.alike_indptr[row : row + 2].tolist()
        return cast("list[int]", self.alike_rows[first:last].tolist()) if first < last else []

    def vector(self, row: int) -> SparseVector:
        """The unit vector of one article."""
        part = slice(int(self.indptr[row]), int(self.indptr[row + 1]))
        return SparseVector(self.terms[part], self.weights[part])

    def vectors(self, rows: Int32Array) -> GatheredVectors:
        """The unit vectors of some rows, one after the other."""
        spans = [slice(*span) for span in zip(self.indptr[rows].tolist(), self.indptr[rows + 1].tolist(), strict=True)]
        return GatheredVectors(
            [span.stop - span.start for span in spans],
            np.concatenate([self.terms[span] for span in spans], dtype=np.intp),
            np.concatenate([self.weights[span] for span in spans]),
        )

    def vector_of(self, article_id: str) -> SparseVector | None:
        """The unit vector of an id's article, or None when there is no such article."""
        row = self.find(article_id)
        return None if row is None else self.vector(row)

    def visible(self, rows: Int32Array, as_of: int) -> NDArray[np.bool_]:
        """Which rows may be shown at a moment: published by then (or at an unknown time), not yet expired."""
        return (self.published[rows] <= as_of) & (self.expires[rows] > as_of)


def cosine(one: SparseVector, other: SparseVector) -> float:
    """Cosine of two unit vectors."""
    _, mine, theirs = np.intersect1d(one.terms, other.terms, assume_unique=True, return_indices=True)
    return float(one.weights[mine] @ other.weights[theirs])
