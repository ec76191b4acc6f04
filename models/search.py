"""Search: which articles are nearest to a text, among those of a training and those that came since.

Those of the training are found by its :class:`Postings`. Those that came since stand in blocks, one after the
other: a few are looked through whole; many get postings of their own, and blocks of a size are made one, so
that there are never more blocks than doublings. Scores are the same to the last bit wherever an article stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.candidates import Candidates
from models.postings import Postings
from models.tfidf import COVERAGE_POWER, Float32Array, Int32Array, Int64Array, SparseVector

PLAIN = 256  # articles of a block that is looked through whole

BoolArray = NDArray[np.bool_]
Matrix = sparse.csr_array[Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for.

    Attributes:
        vector: the unit vector of a text, for cosines.
        shares: the shares of a headline, which is looked for by coverage instead; None for longer texts.
    """

    vector: SparseVector
    shares: SparseVector | None = None


class Compressed(NamedTuple):
    """The arrays of a matrix in CSR form, which may be memory-mapped, and how many columns it has."""

    indptr: Int64Array
    columns: Int32Array
    values: Float32Array
    width: int


class Archive:
    """The articles of a training, row by row; its postings are made when they are first needed, once.

    Attributes:
        wanted: whether somebody could have used them who had no time to make them.
    """

    wanted = False

    def __init__(self, articles: int, vectors: Compressed, saturations: Compressed) -> None:
        """Take the arrays of two matrices, see :attr:`vectors` and :attr:`saturations`; nothing is read of them yet."""
        self._articles = articles
        self._arrays = vectors, saturations
        self._postings: Postings | None = None

    def __len__(self) -> int:
        return self._articles

    @cached_property
    def vectors(self) -> Matrix:
        """Articles × columns, float32, the unit vectors."""
        return self._matrix(self._arrays[0])

    @cached_property
    def saturations(self) -> Matrix:
        """Articles × vocabulary, float32, see :meth:`TfidfModel.saturations`."""
        return self._matrix(self._arrays[1])

    def _matrix(self, arrays: Compressed) -> Matrix:
        return sparse.csr_array((arrays.values, arrays.columns, arrays.indptr), shape=(len(self), arrays.width))

    @property
    def ready(self) -> bool:
        """Whether a search finds its postings made."""
        return self._postings is not None

    def make_ready(self) -> Postings:
        """The postings, made now if they are not yet: a third of a second for 40,000 articles.

        Threads that ask for them at the same time for the first time may each make the same.
        """
        if self._postings is None:
            self._postings = Postings.of(self.vectors)
        return self._postings

    def nearest(self, asked: Asked, count: int, allowed: BoolArray) -> Candidates:
        """The ``count`` allowed articles of highest score above 0; ``allowed`` is bool (articles,)."""
        if asked.shares is None:
            return self.make_ready().nearest(asked.vector, count, np.flatnonzero(~allowed).astype(np.int32))
        return _best(_coverage(self.saturations, asked.shares), count, allowed)


@dataclass(frozen=True, slots=True)
class Block:
    """Some articles that came since, row by row.

    Attributes:
        vectors, saturations: as :class:`Archive` has them.
        columns: int32, the columns in which some vector holds a weight, ascending; ``postings`` are of these.
        postings: None while there are few articles.
    """

    vectors: Matrix
    saturations: Matrix
    columns: Int32Array
    postings: Postings | None

    @classmethod
    def of(cls, vectors: Matrix, saturations: Matrix) -> Block:
        """A block of these rows."""
        if vectors.shape[0] <= PLAIN:
            return cls(vectors, saturations, np.empty(0, dtype=np.int32), None)
        columns, places = np.unique(vectors.indices, return_inverse=True)
        held = sparse.csr_array(
            (vectors.data, places.astype(np.int32), vectors.indptr), shape=(vectors.shape[0], len(columns))
        )
        return cls(vectors, saturations, columns.astype(np.int32), Postings.of(held))

    def __len__(self) -> int:
        return int(self.vectors.shape[0])

    def joined(self, other: Block) -> Block:
        """One block of both, the other's articles last."""
        vectors = sparse.vstack([self.vectors, other.vectors], format="csr")
        return Block.of(vectors, sparse.vstack([self.saturations, other.saturations], format="csr"))

    def nearest(self, asked: Asked, count: int, allowed: BoolArray) -> Candidates:
        """As :meth:`Archive.nearest`."""
        if asked.shares is not None:
            return _best(_coverage(self.saturations, asked.shares), count, allowed)
        if self.postings is None:
            return _best(_products(self.vectors, asked.vector), count, allowed)
        places = np.searchsorted(self.columns, asked.vector.terms)
        held = self.columns[np.minimum(places, len(self.columns) - 1)] == asked.vector.terms
        vector = SparseVector(places[held].astype(np.int32), asked.vector.weights[held])
        return self.postings.nearest(vector, count, np.flatnonzero(~allowed).astype(np.int32))


def added(blocks: Sequence[Block], block: Block) -> tuple[Block, ...]:
    """The blocks with one more; it is made one with those before it that are no larger."""
    kept = [*blocks]
    while kept and (len(kept[-1]) <= len(block) or len(kept[-1]) + len(block) <= PLAIN):
        block = kept.pop().joined(block)
    return (*kept, block)


@dataclass(frozen=True, slots=True)
class Search:
    """Rows of the archive first, then those of the blocks."""

    archive: Archive
    blocks: tuple[Block, ...] = ()

    def with_block(self, block: Block) -> Search:
        """With articles that came later."""
        return Search(self.archive, added(self.blocks, block))

    def everywhere(self, asked: Asked, count: int, allowed: BoolArray) -> list[Candidates]:
        """The ``count`` nearest of the archive and of each block: all that can be among the nearest of all.

        ``allowed`` is bool, one of each row: which may be found.
        """
        archive = self.archive.nearest(asked, count, allowed[: len(self.archive)])
        return [archive, *self.since(asked, count, allowed)]

    def since(self, asked: Asked, count: int, allowed: BoolArray) -> list[Candidates]:
        """The same without the archive."""
        found = []
        first = len(self.archive)
        for block in self.blocks:
            near = block.nearest(asked, count, allowed[first : first + len(block)])
            found.append(Candidates(near.rows + np.int32(first), near.scores))
            first += len(block)
        return found

    def vector(self, row: int) -> SparseVector:
        """The unit vector of a row."""
        return _row(*self._place(row, "vectors"))

    def saturation(self, row: int) -> SparseVector:
        """What each term of a row adds to the coverage of a headline."""
        return _row(*self._place(row, "saturations"))

    def _place(self, row: int, of: str) -> tuple[Matrix, int]:
        parts: tuple[Archive | Block, ...] = (self.archive, *self.blocks)
        for part in parts:
            if row < len(part):
                return getattr(part, of), row
            row -= len(part)
        raise IndexError(row)


def _row(matrix: Matrix, row: int) -> SparseVector:
    part = slice(int(matrix.indptr[row]), int(matrix.indptr[row + 1]))
    return SparseVector(matrix.indices[part], matrix.data[part])


def _coverage(saturations: Matrix, shares: SparseVector) -> Float32Array:
    """On the scale of cosines, see :data:`models.tfidf.COVERAGE_POWER`."""
    scores: Float32Array = _products(saturations, shares)
    scores **= COVERAGE_POWER
    return scores


def _products(matrix: Matrix, vector: SparseVector) -> Float32Array:
    """Of each row with a vector, added up in float32, columns ascending."""
    asked = np.zeros(matrix.shape[1], dtype=np.float32)
    asked[vector.terms] = vector.weights
    products: Float32Array = matrix @ asked
    return products


def _best(scores: Float32Array, count: int, allowed: BoolArray) -> Candidates:
    rows = np.flatnonzero((scores > 0) & allowed).astype(np.int32)
    return Candidates(rows, scores[rows]).ranked().take(slice(count))
