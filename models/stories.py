"""Stories: near-duplicates and agency copies get one story number.

Two articles are copies when the shorter one's word shingles stand in the other:
containment (Broder 1997, "On the resemblance and containment of documents")
``|A ∩ B| / min(|A|, |B|)``. Follow-ups tell the same affair in new words; their
containment is far lower, and they keep stories of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from scipy import sparse

from models.limits import NO_OTHERS, Share, Whole
from models.tfidf import Int32Array

Shingles = NDArray[np.uint32]

SHINGLE_TERMS = 3


@dataclass(frozen=True, slots=True)
class StoryRule:
    """When two articles are one story.

    Attributes:
        min_similarity: cosine below which a pair is not looked at.
        min_containment: share of the shorter article's shingles that the other must hold.
        min_shingles: a shorter text is no copy of anything but a text with the same shingles.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    min_similarity: Share = 0.4
    min_containment: Share = 0.45
    min_shingles: Whole = 12


def shingles(terms: Sequence[str]) -> Shingles:
    """Sorted unique CRC-32 hashes of each run of three terms; of the whole, when there are fewer."""
    width = min(SHINGLE_TERMS, len(terms))
    if width == 0:
        return np.empty(0, dtype=np.uint32)
    runs = (" ".join(terms[start : start + width]) for start in range(len(terms) - width + 1))
    return np.unique(np.fromiter((crc32(run.encode()) for run in runs), dtype=np.uint32))


def containment(one: Shingles, other: Shingles) -> float:
    """Share of the smaller set that stands in the larger; 0 when either is empty."""
    smaller = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / smaller if smaller else 0.0


def are_copies(one: Shingles, other: Shingles, rule: StoryRule) -> bool:
    """Whether two articles say the same in nearly the same words."""
    if min(len(one), len(other)) < rule.min_shingles:
        return len(one) > 0 and np.array_equal(one, other)
    return containment(one, other) >= rule.min_containment


def story_numbers(count: int, copies: Iterable[tuple[int, int]]) -> Int32Array:
    """One number an article: the highest row of those it is joined to, its own when alone.

    Rows stand newest first, so the number is the row of the story's first report, which
    stays the same article while copies come in.
    """
    pairs = np.array(list(copies), dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, labels = sparse.csgraph.connected_components(graph, directed=False)
    first_report = np.zeros(labels.max(initial=0) + 1, dtype=np.int32)
    np.maximum.at(first_report, labels, np.arange(count, dtype=np.int32))
    return first_report[labels]
