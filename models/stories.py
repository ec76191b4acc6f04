"""Stories: copies of one report get one story number; articles alike in wording never stand side by side.

Two articles are alike when the shorter one's word shingles stand in the other: containment
(Broder 1997, "On the resemblance and containment of documents") ``|A ∩ B| / min(|A|, |B|)``.

They are copies, and one story, when they are also near in time and alike in what is not a set
phrase: weather reports, telegrams and match sheets repeat their wording on many days, and only
what is new in them says whether two are the same report. Follow-ups tell the same affair in new words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from models.limits import NO_OTHERS, Share, Whole
from models.tfidf import Int32Array

Shingles = NDArray[np.uint32]

SHINGLE_TERMS = 3


@dataclass(frozen=True, slots=True)
class StoryRule:
    """When two articles are alike, and when they are one story; docs/relevance.md has the measurements.

    Attributes:
        min_similarity: cosine below which a pair is not looked at.
        min_containment: share of the shorter article's shingles that the other must hold.
        min_overlap: share of the longer article's shingles that twins have in common.
        min_shingles: with fewer to compare, an article is a copy only of one with the same shingles, and
            alike only to one that holds ``min_short_containment`` of them.
        max_days: copies of one story lie no further apart than so many days; a shingle that stands in
            articles of more days than a story can touch is a set phrase. Without dates neither is known.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    min_similarity: Share = 0.15
    min_containment: Share = 0.45
    min_overlap: Share = 0.5
    min_shingles: Whole = 12
    min_short_containment: Share = 0.6
    max_days: Whole = 3


def shingles(terms: Sequence[str]) -> Shingles:
    """Sorted unique CRC-32 hashes of each run of three terms; of the whole, when there are fewer."""
    width = min(SHINGLE_TERMS, len(terms))
    if width == 0:
        return np.empty(0, dtype=np.uint32)
    runs = (" ".join(terms[start : start + width]) for start in range(len(terms) - width + 1))
    return np.unique(np.fromiter((crc32(run.encode()) for run in runs), dtype=np.uint32))


class Likeness(NamedTuple):
    """What two articles have in common.

    Attributes:
        alike: whether one's wording stands in the other.
        told: whether they are copies, if they are near in time.
        share: how alike they are in what is no set phrase, of the longer one.
    """

    alike: bool
    told: bool
    share: float


def likeness(one: Shingles, other: Shingles, phrases: Shingles, rule: StoryRule) -> Likeness:
    """Compare two articles; shingles and set phrases are ascending. Training compares many at once, compiled."""
    both = np.intersect1d(one, other, assume_unique=True)
    shared, smaller, larger = len(both), min(len(one), len(other)), max(len(one), len(other))
    least = rule.min_containment if smaller >= rule.min_shingles else rule.min_short_containment
    alike = smaller > 0 and np.float32(shared / smaller) >= least
    if not alike and shared < rule.min_shingles * rule.min_containment and not 0 < shared == larger:
        return Likeness(False, False, 0.0)  # too little, whatever of it is no set phrase
    new, few, many = _fresh(both, phrases), *sorted((_fresh(one, phrases), _fresh(other, phrases)))
    part = np.float32(new / few if few else 0)
    same = 0 < smaller == larger == shared
    told = same or (few >= rule.min_shingles and bool(part >= rule.min_containment))
    return Likeness(bool(alike), told, 1.0 if same else float(part * few / max(many, 1)))


def _fresh(shingles: Shingles, phrases: Shingles) -> int:
    """How many are no set phrases."""
    if not len(phrases):
        return len(shingles)
    places = np.minimum(np.searchsorted(phrases, shingles), len(phrases) - 1)
    return int(np.count_nonzero(phrases[places] != shingles))


def story_numbers(count: int, copies: Iterable[tuple[int, int, float, bool]]) -> Int32Array:
    """One number an article, the row of its story's first report, from pairs of copies.

    A pair is two rows, how alike they are, and whether they are twins: alike and of a length. Rows stand
    newest first. From the oldest on, an article joins the story of the first report that it copies or of the
    article whose twin it is (of several the most alike, then the older), or is a first report itself. Nothing
    joins by way of a copy that is no twin: round-ups would chain whole weeks of a topic.
    """
    older: dict[int, list[tuple[float, int, bool]]] = {}
    for one, other, share, twins in copies:
        older.setdefault(min(one, other), []).append((share, max(one, other), twins))
    story = np.arange(count, dtype=np.int32)
    for row in sorted(older, reverse=True):
        joined = [(share, other) for share, other, twins in older[row] if twins or story[other] == other]
        if joined:
            story[row] = story[max(joined)[1]]
    return story
