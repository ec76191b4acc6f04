"""The search for neighbours on other machines: its arrays are files that workers map; rows and scores come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from models.postings import LEVELS
from models.tfidf import Float32Array, Int32Array, Int64Array
from training.engine import Workers
from training.neighbours import CHUNK, nearest_chunk
from training.places import Place, give, take

_MAPPING = Lock()

Groups = Sequence[Sequence[np.ndarray]]


def mapped_by(vectors: sparse.csr_array[Any]) -> int:
    """The bytes that a worker maps or works on to search for the neighbours of vectors, about."""
    articles, columns = vectors.shape
    both = 2 * (vectors.data.nbytes + vectors.indices.nbytes)
    return int(both + columns * LEVELS * 8 + articles * 100)


@dataclass(frozen=True, slots=True)
class Spread:
    """Searches by ``workers``, who see the folder ``shared``; files are written to ``folder`` first."""

    workers: Workers
    folder: Path
    shared: Place

    def __call__(
        self,
        groups: Groups,
        limits: tuple[int, int],
        queries: Int64Array,
        windows: Int64Array,
        rows: Int32Array,
        scores: Float32Array,
        advance: Callable[[int], None],
    ) -> None:
        """Fill the results as :func:`training.neighbours.search` does; ``groups`` are the kernel's arrays."""
        stored: dict[tuple[int, int, str], str] = {}  # vectors are asked and found: one file for both
        names = tuple(tuple(self._stored(array, stored) for array in group) for group in (*groups, (queries, windows)))
        chunks = [(first, min(first + CHUNK, len(queries))) for first in range(0, len(queries), CHUNK)]
        with self.workers.asked():
            done = Parallel(return_as="generator_unordered")(
                delayed(_found)(self.shared, names, limits, chunk, rows.shape[1]) for chunk in chunks
            )
            for (first, last), some_rows, some_scores in done:
                asked = queries[first:last]
                rows[asked], scores[asked] = some_rows, some_scores
                advance(len(asked))

    def _stored(self, array: np.ndarray, stored: dict[tuple[int, int, str], str]) -> str:
        memory = (array.ctypes.data, array.nbytes, array.dtype.str)
        if memory not in stored:
            file = self.folder / f"{uuid4().hex}.npy"  # workers live longer than a training: no name comes twice
            np.save(file, array, allow_pickle=False)
            give(file, self.shared)
            stored[memory] = file.name
        return stored[memory]


def _found(
    shared: Place, names: tuple[tuple[str, ...], ...], limits: tuple[int, int], chunk: tuple[int, int], count: int
) -> tuple[tuple[int, int], Int32Array, Float32Array]:
    """A chunk of the queries, from the first to one before the last, with their rows and scores."""
    with _MAPPING:  # by the first of a worker's threads
        *groups, (queries, windows) = _mapped(shared, names)
    asked = queries[slice(*chunk)]
    rows = np.empty((len(windows), count), dtype=np.int32)  # memory that is not written to is none
    scores = np.zeros((len(windows), count), dtype=np.float32)
    rows[asked] = -1
    nearest_chunk(*groups, *limits, asked, windows, rows, scores)  # type: ignore[call-arg]  # compiled
    return chunk, rows[asked], scores[asked]


@lru_cache(maxsize=1)
def _mapped(shared: Place, names: tuple[tuple[str, ...], ...]) -> tuple[tuple[np.ndarray, ...], ...]:
    """The arrays, mapped; what is mapped stays when its copy is removed.

    Mapped for writing to pages of one's own, which nobody does: what is compiled is compiled for arrays that can be.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        return tuple(
            tuple(np.load(take(shared / one, folder), mmap_mode="c").view(np.ndarray) for one in group)
            for group in names
        )
