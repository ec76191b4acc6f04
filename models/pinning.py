"""Pinning: where the articles that editors pinned stand in a list, and how the others stand around them."""

from __future__ import annotations

import numpy as np

from models.candidates import Candidates, Query, Reason, Recommendation
from models.edits import Edits
from models.index import ArticleIndex, cosine
from models.reranking import one_per_story
from models.retrieval import allowed
from models.tfidf import Int32Array


def pinned(index: ArticleIndex, edits: Edits, query: Query, told: Int32Array) -> dict[int, int]:
    """Place → row of the pins that a list shows: what the query allows, no story of ``told``, none twice.

    Each stands at the first free place from its position on; one that would stand beyond the limit is left out.
    """
    pins = edits.pins and [(position, row) for position, row in edits.pins if position <= query.limit]
    if not pins:
        return {}
    rows = np.array([row for _, row in pins], dtype=np.int32)
    rows = rows[allowed(index, rows, query, edits)]
    shown = set(one_per_story(index, Candidates(rows, np.zeros(len(rows), dtype=np.float32)), told).rows.tolist())
    placed: dict[int, int] = {}
    for position, row in pins:
        free = next((place for place in range(position, query.limit + 1) if place not in placed), None)
        if row in shown and free is not None:
            placed[free] = row
            shown.remove(row)
    return placed


# the score of what is pinned is its cosine: editors, not scores, say where it stands
def woven(
    index: ArticleIndex, source: int | None, found: list[Recommendation], placed: dict[int, int]
) -> list[Recommendation]:
    """What was found, in its order, around what is pinned; where too little was found, pins follow without a gap.

    Scores of pins are cosines with the source, or 0 where there is none.
    """
    if not placed:
        return found
    left = iter(found)
    every: list[Recommendation] = []
    for place in range(1, max(len(found) + len(placed), *placed) + 1):
        row = placed.get(place)
        item = next(left, None) if row is None else _of(index, source, row)
        if item is not None:
            every.append(item._replace(rank=len(every) + 1))
    return every


def _of(index: ArticleIndex, source: int | None, row: int) -> Recommendation:
    alike = 0.0 if source is None else min(1.0, cosine(index.vector(source), index.vector(row)))
    return Recommendation(row, 0, alike, alike, Reason.PINNED)
