"""Stories of a training: which neighbours are alike in wording, and which of them are copies of one report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.index import DAY, UNKNOWN_TIME
from models.stories import Shingles, StoryRule, story_numbers
from models.tfidf import Float32Array, Int32Array, Int64Array

PART = 20_000_000  # shingles sorted at once
_MOST_BITS = 22  # the first bits of known shingles, of which a table tells the place


@dataclass(frozen=True, slots=True)
class Stories:
    """What is known of n articles.

    Attributes:
        story: int32 (n,), see :func:`models.stories.story_numbers`.
        alike_indptr, alike_rows: int64 (n + 1,) and int32: for each article those alike in wording, ascending.
        copies: int32 (c, 2), the pairs of copies, the lower row first, ascending.
        likeness: float64 (c,), how alike they are in what is no set phrase.
        phrases: uint32, the set phrases, ascending.
    """

    story: Int32Array
    alike_indptr: Int64Array
    alike_rows: Int32Array
    copies: Int32Array
    likeness: NDArray[np.float64]
    phrases: Shingles

    @classmethod
    def of(
        cls,
        count: int,
        alike: Int64Array,
        copies: Int64Array,
        likeness: NDArray[np.float64],
        phrases: Shingles,
        rule: StoryRule,
    ) -> Stories:
        """The stories of so many articles, from the pairs of rows that are alike and those that are copies."""
        order = np.lexsort((copies[:, 1], copies[:, 0]))
        copies, likeness = copies[order], likeness[order]
        found = (*copies.T, likeness, likeness >= rule.min_overlap)
        story = story_numbers(count, zip(*(column.tolist() for column in found), strict=True))
        both = np.concatenate([alike, alike[:, ::-1]])
        both = both[np.lexsort((both[:, 1], both[:, 0]))]
        alike_indptr = np.concatenate(([0], np.cumsum(np.bincount(both[:, 0], minlength=count))))
        return cls(
            story,
            alike_indptr.astype(np.int64),
            both[:, 1].astype(np.int32),
            copies.astype(np.int32),
            likeness,
            phrases,
        )


def find_stories(
    rows: Int32Array,
    scores: Float32Array,
    marks: tuple[Int64Array, Shingles],
    published: Int64Array,
    rule: StoryRule,
    advance: Callable[[int], None],
) -> Stories:
    """Stories and likeness from neighbours (n, k) with their cosines, shingles and times of publication.

    ``marks`` are where the shingles of each article begin, (n + 1,), and the shingles, which may be a mapped file.
    A pair is compared when either is a neighbour of the other.
    """
    indptr, hashes = marks
    n = len(indptr) - 1
    phrases = set_phrases(hashes, indptr, published, rule.max_days)
    near = (rows >= 0) & (scores >= rule.min_similarity)
    ones, others = np.repeat(np.arange(n), near.sum(axis=1)), rows[near].astype(np.int64)
    keys = np.unique(np.minimum(ones, others) * n + np.maximum(ones, others))  # each pair once
    pairs = np.stack([keys // max(n, 1), keys % max(n, 1)], axis=1)
    alike, copies, likeness = compared(marks, phrases, published, pairs, rule)
    stories = Stories.of(n, pairs[alike], pairs[copies], likeness[copies], phrases, rule)
    advance(n)
    return stories


def compared(
    marks: tuple[Int64Array, Shingles], phrases: Shingles, published: Int64Array, pairs: Int64Array, rule: StoryRule
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Of each pair of rows: whether they are alike in wording, whether copies, and how alike in what is no set phrase.

    Args:
        marks: where the shingles of each article begin, and the shingles.
        published: int64 (n,), their times.
        phrases: uint32, the set phrases, ascending.
        pairs: int64 (p, 2).
        rule: what makes two articles alike.
    """
    indptr, hashes = marks
    fresh = ~among(hashes, phrases)
    fresh_indptr = np.concatenate(([0], np.cumsum(fresh)))[indptr]
    whole, size, new, smaller, larger, same = _compare(indptr, hashes, fresh_indptr, hashes[fresh], pairs)
    alike = whole >= np.where(size >= rule.min_shingles, rule.min_containment, rule.min_short_containment)
    told = same | ((smaller >= rule.min_shingles) & (new >= rule.min_containment))
    copies = told & _near_in_time(published, pairs, rule.max_days)
    likeness = np.where(same, 1.0, new * smaller / np.maximum(larger, 1))  # of the longer: who holds most of it
    return alike, copies, likeness


def set_phrases(hashes: Shingles, indptr: Int64Array, published: Int64Array, max_days: int) -> Shingles:
    """The shingles that stand in articles of more days than a story of ``max_days`` touches, ascending."""
    dated = published != UNKNOWN_TIME
    days = np.where(dated, published // DAY - (published[dated] // DAY).min(initial=0), 0).astype(np.uint32)
    found = [np.empty(0, dtype=np.uint32)]
    lengths = np.diff(indptr)
    of_dated = np.repeat(dated, lengths)
    days_of = np.repeat(days, lengths)
    parts = 1 + len(hashes) // PART
    part_of = (hashes % np.uint32(parts)).astype(np.uint16)
    for part in range(parts):  # of all shingles at once, the sort would take ten times their memory
        mine = np.flatnonzero(part_of == part)
        counted = mine[of_dated[mine]]
        keys = np.unique(hashes[counted].astype(np.uint64) << np.uint64(32) | days_of[counted])
        known, times = np.unique((keys >> np.uint64(32)).astype(np.uint32), return_counts=True)
        found.append(known[times > max_days + 1])
    return np.sort(np.concatenate(found))


def among(hashes: Shingles, known: Shingles) -> NDArray[np.bool_]:
    """Which of some shingles are among known ones, which are ascending."""
    bits = min(max(len(known), 1).bit_length(), _MOST_BITS)
    firsts = np.searchsorted(known >> np.uint32(32 - bits), np.arange(2**bits + 1, dtype=np.uint32))
    found: NDArray[np.bool_] = _among(hashes, known, firsts.astype(np.int32), np.uint32(32 - bits))
    return found


def _near_in_time(published: Int64Array, pairs: Int64Array, max_days: int) -> NDArray[np.bool_]:
    """Which pairs lie within ``max_days``; an unknown time is near to all."""
    times = published[pairs]
    unknown = (times == UNKNOWN_TIME).any(axis=1)
    gap = np.abs(np.diff(times.astype(np.float64), axis=1))[:, 0]  # in float64: UNKNOWN_TIME would overflow
    near: NDArray[np.bool_] = unknown | (gap <= max_days * DAY)
    return near


@njit(cache=True)
def _among(hashes, known, firsts, shift):  # type: ignore[no-untyped-def]  # compiled
    """Look for each hash among the few known ones that begin with the same bits."""
    found = np.zeros(len(hashes), dtype=np.bool_)
    for number in range(len(hashes)):
        start = hashes[number] >> shift
        for place in range(firsts[start], firsts[start + np.uint32(1)]):
            if known[place] == hashes[number]:
                found[number] = True
                break
    return found


@njit(cache=True)
def _compare(indptr, hashes, fresh_indptr, fresh_hashes, pairs):  # type: ignore[no-untyped-def]  # compiled
    """Of each pair: containment and smaller number of all shingles, the same and the larger of fresh ones, equality."""
    count = len(pairs)
    whole = np.zeros(count, dtype=np.float32)
    size = np.zeros(count, dtype=np.int64)
    new = np.zeros(count, dtype=np.float32)
    smaller = np.zeros(count, dtype=np.int64)
    larger = np.zeros(count, dtype=np.int64)
    same = np.zeros(count, dtype=np.bool_)
    for number in range(count):
        one, other = pairs[number]
        whole[number], size[number], _, same[number] = _overlap(
            hashes[indptr[one] : indptr[one + 1]], hashes[indptr[other] : indptr[other + 1]]
        )
        new[number], smaller[number], larger[number], _ = _overlap(
            fresh_hashes[fresh_indptr[one] : fresh_indptr[one + 1]],
            fresh_hashes[fresh_indptr[other] : fresh_indptr[other + 1]],
        )
    return whole, size, new, smaller, larger, same


@njit(cache=True)
def _overlap(one, other):  # type: ignore[no-untyped-def]  # compiled
    first, second, shared = 0, 0, 0
    while first < len(one) and second < len(other):
        if one[first] == other[second]:
            shared += 1
            first += 1
            second += 1
        elif one[first] < other[second]:
            first += 1
        else:
            second += 1
    smaller = min(len(one), len(other))
    same = len(one) == len(other) == shared and shared > 0
    return (shared / smaller if smaller else 0.0), smaller, max(len(one), len(other)), same
