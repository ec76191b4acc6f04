"""Query, Candidates, Recommendation: what is asked, what may answer, what is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from models.errors import QueryError
from models.tfidf import Float32Array, Int32Array

MAX_LIMIT = 50


class Reason(StrEnum):
    """Why an article stands in a list."""

    CONTENT = "content"
    CO_READ = "co_read"
    POPULAR = "popular"
    PINNED = "pinned"
    BOOSTED = "boosted"
    LATEST = "fallback:latest"
    SECTION = "fallback:section"


def never() -> bool:
    """There is time."""
    return False


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a list; times are microseconds since 1970, UTC.

    Attributes:
        as_of: the moment the list is for; nothing later is shown.
        limit: articles wanted, 1 to 50.
        section: only articles of this section; ``exclude_section``: none of it.
        since, until: only articles published within, both ends included; an unknown time is outside.
        exclude: ids that must not appear.
        min_score: lowest score shown, 0 to 1.
        diversity: 0 to 1, weight of variety against score; ``None`` is the list's own default.
        asked_at: when it is asked: what editors ban by then does not stand in lists of the past either; ``None``
            is ``as_of``.
        is_late: whether the time to answer is over; what would take longer is left out then.

    Raises:
        QueryError: when a number is outside its limits.
    """

    as_of: int
    limit: int = 5
    section: str | None = None
    exclude_section: str | None = None
    since: int | None = None
    until: int | None = None
    exclude: frozenset[str] = field(default=frozenset())
    min_score: float = 0.0
    diversity: float | None = None
    asked_at: int | None = None
    is_late: Callable[[], bool] = field(default=never, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise QueryError(f"limit is {self.limit}; it goes from 1 to {MAX_LIMIT}")
        if not 0 <= self.min_score <= 1:
            raise QueryError(f"min_score is {self.min_score}; it goes from 0 to 1")
        if self.diversity is not None and not 0 <= self.diversity <= 1:
            raise QueryError(f"diversity is {self.diversity}; it goes from 0 to 1")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of an index with a score each, both of shape (n,); best first where a step says so."""

    rows: Int32Array
    scores: Float32Array

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, kept: np.ndarray | slice) -> Candidates:
        """The candidates of a boolean mask, of positions in that order, or of a slice."""
        return Candidates(self.rows[kept], self.scores[kept])

    def ranked(self) -> Candidates:
        """Best score first; equal scores in row order, which is newer first, then by id."""
        return self.take(np.lexsort((self.rows, -self.scores)))


class Recommendation(NamedTuple):
    """One place in a list.

    Attributes:
        row: the article's row in the index.
        rank: 1 for the first.
        score: what the list was ranked by, 0 to 1.
        similarity: cosine of the two articles' vectors, 0 to 1.
    """

    row: int
    rank: int
    score: float
    similarity: float
    reason: Reason
