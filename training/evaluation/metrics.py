"""Metrics: each a formula over one list; nan where there is nothing to find."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet


def recall(found: Sequence[Hashable], wanted: AbstractSet[Hashable]) -> float:
    """|found ∩ wanted| / |wanted| (Manning, Raghavan & Schütze 2008, 8.3)."""
    return len(wanted & set(found)) / len(wanted) if wanted else math.nan


def reciprocal_rank(found: Sequence[Hashable], wanted: AbstractSet[Hashable]) -> float:
    """1 / rank of the first wanted one, 0 when none is found (Voorhees 1999)."""
    if not wanted:
        return math.nan
    return next((1 / rank for rank, item in enumerate(found, 1) if item in wanted), 0.0)


def repeats(found: Sequence[Hashable]) -> int:
    """How many places of a list hold something that an earlier place holds."""
    return len(found) - len(set(found))


def mean(values: Sequence[float]) -> float | None:
    """Mean of the values that are numbers; None when there is none."""
    numbers = [value for value in values if not math.isnan(value)]
    return math.fsum(numbers) / len(numbers) if numbers else None
