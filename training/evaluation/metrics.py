"""Metrics: each a formula over one list; nan where there is nothing to find."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet

PERSISTENCE = 0.9


def recall(found: Sequence[Hashable], wanted: AbstractSet[Hashable]) -> float:
    """|found ∩ wanted| / |wanted| (Manning, Raghavan & Schütze 2008, 8.3)."""
    return len(wanted & set(found)) / len(wanted) if wanted else math.nan


def precision(found: Sequence[Hashable], wanted: Mapping[int, float]) -> float:
    """|found ∩ wanted| / |found| (Manning, Raghavan & Schütze 2008, 8.3)."""
    return sum(item in wanted for item in found) / len(found) if found else math.nan


def reciprocal_rank(found: Sequence[Hashable], wanted: AbstractSet[Hashable] | Mapping[int, float]) -> float:
    """1 / rank of the first wanted one, 0 when none is found (Voorhees 1999)."""
    if not wanted:
        return math.nan
    return next((1 / rank for rank, item in enumerate(found, 1) if item in wanted), 0.0)


def ndcg(found: Sequence[int], gains: Mapping[int, float], depth: int) -> float:
    """Σ gain / log2(1 + rank) of the first ``depth``, over that of the best order (Järvelin & Kekäläinen 2002)."""
    best = _discounted(sorted(gains.values(), reverse=True)[:depth])
    return _discounted([gains.get(item, 0.0) for item in found[:depth]]) / best if best else math.nan


def repeats(found: Sequence[Hashable]) -> int:
    """How many places of a list hold something that an earlier place holds."""
    return len(found) - len(set(found))


def jaccard(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """|one ∩ other| / |one ∪ other|; two empty lists are the same list."""
    together = set(one) | set(other)
    return len(set(one) & set(other)) / len(together) if together else 1.0


def rank_biased_overlap(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Σ p^(d-1) · |overlap of the first d| / d, over its greatest value at this depth; p = .9.

    Webber, Moffat & Zobel 2010, "A similarity measure for indefinite rankings", cut at the longer list.
    """
    depth = max(len(one), len(other))
    weights = [PERSISTENCE**place for place in range(depth)]
    agreed = [len(set(one[:size]) & set(other[:size])) / size for size in range(1, depth + 1)]
    return math.fsum(w * a for w, a in zip(weights, agreed, strict=True)) / math.fsum(weights) if depth else 1.0


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(1 + rank) for rank, gain in enumerate(gains, 1))
