"""Retrieval: where candidates come from. Each generator gives more than will be shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.candidates import Candidates, Query
from models.edits import NO_EDITS, Edits
from models.index import UNKNOWN_TIME, ArticleIndex
from models.tfidf import Int32Array

LATEST_BLOCK = 1024
FARTHER = 4  # times as many are looked for at each step beyond the neighbours that are known


def content(index: ArticleIndex, row: int, query: Query, least: float = 0.0, edits: Edits = NO_EDITS) -> Candidates:
    """The allowed neighbours of an article, scored by cosine, best first, none below ``least``."""
    near = index.neighbours(row)
    near = near.take(slice(int(np.count_nonzero(near.scores >= np.float32(least)))))
    return near.take(allowed(index, near.rows, query, edits))


def reaching(
    index: ArticleIndex, row: int, query: Query, least: float = 0.0, edits: Edits = NO_EDITS
) -> Iterator[Candidates]:
    """What :func:`content` gives, then more and more where a filter may have kept out what is nearer.

    Neighbours are known up to a number; those that are allowed and stand beyond it are looked for when a list asks.
    Each of these holds all that those before it held.
    """
    yield content(index, row, query, least, edits)
    known = index.neighbours(row)
    count = index.neighbour_rows.shape[1]
    if len(known) < count or known.scores[-1] < least:
        return  # there is nothing beyond
    rows = np.arange(len(index), dtype=np.int32)
    mask = allowed(index, rows, query, edits)
    wanted = min(count, int(np.count_nonzero(mask)))
    while wanted and not query.is_late():
        farther = index.farther(row, wanted, mask)
        if farther is None:
            return
        yield farther.take(farther.scores >= np.float32(least))
        if len(farther) < wanted or farther.scores[-1] < least:
            return
        wanted *= FARTHER


def latest(index: ArticleIndex, query: Query, edits: Edits = NO_EDITS) -> Iterator[Int32Array]:
    """Rows of allowed articles, newest first, in blocks; articles of unknown time come last."""
    first = len(index) - int(np.searchsorted(index.times, query.as_of, side="right"))
    for start in range(first, len(index), LATEST_BLOCK):
        rows = index.by_time[start : start + LATEST_BLOCK]
        yield rows[allowed(index, rows, query, edits)]


def allowed(index: ArticleIndex, rows: Int32Array, query: Query, edits: Edits = NO_EDITS) -> np.ndarray:
    """Which rows a query may show: visible at its moment, within its sections and times, not excluded or barred."""
    mask = index.visible(rows, query.as_of)
    if query.section is not None:
        mask &= index.section[rows] == index.section_number.get(query.section, -2)
    if query.exclude_section is not None:
        mask &= index.section[rows] != index.section_number.get(query.exclude_section, -2)
    if query.since is not None or query.until is not None:
        published = index.published[rows]
        mask &= published != UNKNOWN_TIME
        if query.since is not None:
            mask &= published >= query.since
        if query.until is not None:
            mask &= published <= query.until
    if query.exclude:
        mask &= ~np.isin(rows, rows_of(index, query.exclude))
    if (unbarred := edits.allowed(index, rows)) is not None:
        mask &= unbarred
    return mask


def rows_of(index: ArticleIndex, ids: frozenset[str]) -> Int32Array:
    """The rows of the ids that the index holds."""
    found = [row for article_id in ids if (row := index.find(article_id)) is not None]
    return np.array(sorted(found), dtype=np.int32)
