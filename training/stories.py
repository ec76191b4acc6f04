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
ROWS = 20_000  # articles whose pairs are compared at once


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
    wording = Wording.of(marks, phrases)
    begins, others = _later(rows, scores, np.float32(rule.min_similarity))
    alike: list[Int64Array] = [np.empty((0, 2), dtype=np.int64)]
    copies: list[Int64Array] = [np.empty((0, 2), dtype=np.int64)]
    likeness: list[NDArray[np.float64]] = [np.empty(0)]
    for first in range(0, n, ROWS):
        last = min(first + ROWS, n)
        pairs = _pairs(begins, others, first, last)
        are_alike, are_copies, how_alike = compared(wording, published, pairs, rule)
        alike.append(pairs[are_alike])
        copies.append(pairs[are_copies])
        likeness.append(how_alike[are_copies])
        advance(last - first)
    found = np.concatenate(alike), np.concatenate(copies), np.concatenate(likeness)
    return Stories.of(n, *found, phrases, rule)


@dataclass(frozen=True, slots=True)
class Wording:
    """The shingles of n articles.

    Attributes:
        indptr, hashes: int64 (n + 1,), where those of each begin, and uint32, those of each ascending.
        phrases: bool, of each shingle whether it is a set phrase.
        fresh: int64 (n,), how many of each article are none.
    """

    indptr: Int64Array
    hashes: Shingles
    phrases: NDArray[np.bool_]
    fresh: Int64Array

    @classmethod
    def of(cls, marks: tuple[Int64Array, Shingles], phrases: Shingles) -> Wording:
        """Tell set phrases, ascending, from the rest."""
        indptr, hashes = marks
        held = among(hashes, phrases)
        return cls(indptr, hashes, held, _fresh(indptr, held))


def compared(
    wording: Wording, published: Int64Array, pairs: Int64Array, rule: StoryRule
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Of each pair of rows: whether they are alike in wording, whether copies, and how alike in what is no set phrase.

    Args:
        wording: the shingles of the articles.
        published: int64 (n,), their times.
        pairs: int64 (p, 2).
        rule: what makes two articles alike.
    """
    whole, size, new, smaller, larger, same = _compare(
        wording.indptr, wording.hashes, wording.phrases, wording.fresh, pairs
    )
    alike = whole >= np.where(size >= rule.min_shingles, rule.min_containment, rule.min_short_containment)
    told = same | ((smaller >= rule.min_shingles) & (new >= rule.min_containment))
    copies = told & _near_in_time(published, pairs, rule.max_days)
    likeness = np.where(same, 1.0, new * smaller / np.maximum(larger, 1))  # of the longer: who holds most of it
    return alike, copies, likeness


def set_phrases(hashes: Shingles, indptr: Int64Array, published: Int64Array, max_days: int) -> Shingles:
    """The shingles that stand in articles of more days than a story of ``max_days`` touches, ascending.

    The shingles of an article ascend, so those of a range of numbers stand together: ranges are sorted one
    after the other, for the sort of all shingles at once would take ten times their memory.
    """
    dated = published != UNKNOWN_TIME
    days = np.where(dated, published // DAY - (published[dated] // DAY).min(initial=0), 0).astype(np.uint32)
    found = [np.empty(0, dtype=np.uint32)]
    parts = 1 + len(hashes) // PART
    begins = np.asarray(indptr[:-1], dtype=np.int64)
    for part in range(1, parts + 1):
        ends = _reached(hashes, begins, indptr, np.uint64((part << 32) // parts))
        keys = _keys(hashes, begins, ends, dated, days)
        keys.sort()
        found.append(_on_many_days(keys, max_days + 1))
        begins = ends
    return np.concatenate(found)


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


# Compiled: what would otherwise be arrays of all shingles or of all pairs.


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
def _reached(hashes, begins, indptr, limit):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Where the shingles of each article reach a limit."""
    ends = np.empty_like(begins)
    for row in range(len(begins)):
        place = begins[row]
        while place < indptr[row + 1] and hashes[place] < limit:
            place += 1
        ends[row] = place
    return ends


@njit(cache=True)
def _keys(hashes, begins, ends, dated, days):  # type: ignore[no-untyped-def]
    """Shingle and day of the dated articles in one number."""
    keys = np.empty(np.sum((ends - begins)[dated]), dtype=np.uint64)
    size = 0
    for row in np.flatnonzero(dated):
        for place in range(begins[row], ends[row]):
            keys[size] = np.uint64(hashes[place]) << np.uint64(32) | np.uint64(days[row])
            size += 1
    return keys


@njit(cache=True)
def _on_many_days(keys, most):  # type: ignore[no-untyped-def]
    """The shingles, ascending, that stand on more days than ``most``; keys ascend."""
    found = np.empty(len(keys) // (most + 1), dtype=np.uint32)
    size, count = 0, 0
    for place in range(len(keys)):
        if place == 0 or keys[place] >> np.uint64(32) != keys[place - 1] >> np.uint64(32):
            count = 1
        elif keys[place] != keys[place - 1]:
            count += 1
        else:
            continue
        if count == most + 1:
            found[size] = keys[place] >> np.uint64(32)
            size += 1
    return found[:size]


@njit(cache=True)
def _fresh(indptr, phrases):  # type: ignore[no-untyped-def]
    """How many shingles of each article are no set phrases."""
    counts = np.zeros(len(indptr) - 1, dtype=np.int64)
    for row in range(len(counts)):
        for place in range(indptr[row], indptr[row + 1]):
            counts[row] += not phrases[place]
    return counts


@njit(cache=True)
def _later(rows, scores, least):  # type: ignore[no-untyped-def]
    """For each row, where they begin and all: rows after it that are near to it, or it to them, some twice."""
    n, count = rows.shape
    begins = np.zeros(n + 1, dtype=np.int64)
    for row in range(n):
        for place in range(count):
            if rows[row, place] >= 0 and scores[row, place] >= least:
                begins[min(row, rows[row, place]) + 1] += 1
    for row in range(n):
        begins[row + 1] += begins[row]
    others = np.empty(begins[n], dtype=np.int32)
    filled = begins[:n].copy()
    for row in range(n):
        for place in range(count):
            other = rows[row, place]
            if other >= 0 and scores[row, place] >= least:
                one = min(row, other)
                others[filled[one]] = max(row, other)
                filled[one] += 1
    return begins, others


@njit(cache=True)
def _pairs(begins, others, first, last):  # type: ignore[no-untyped-def]
    """The pairs of some rows with rows after them, each once, ascending."""
    pairs = np.empty((begins[last] - begins[first], 2), dtype=np.int64)
    size = 0
    for row in range(first, last):
        before = -1
        for other in np.sort(others[begins[row] : begins[row + 1]]):
            if other != before:
                pairs[size, 0] = row
                pairs[size, 1] = other
                size += 1
            before = other
    return pairs[:size]


@njit(cache=True)
def _compare(indptr, hashes, phrases, fresh, pairs):  # type: ignore[no-untyped-def]
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
        first, second = indptr[one], indptr[other]
        lengths = indptr[one + 1] - first, indptr[other + 1] - second
        shared, shared_fresh = _shared(hashes, phrases, first, indptr[one + 1], second, indptr[other + 1])
        size[number] = min(lengths)
        whole[number] = shared / size[number] if size[number] else 0.0
        same[number] = lengths[0] == lengths[1] == shared and shared > 0
        smaller[number] = min(fresh[one], fresh[other])
        larger[number] = max(fresh[one], fresh[other])
        new[number] = shared_fresh / smaller[number] if smaller[number] else 0.0
    return whole, size, new, smaller, larger, same


@njit(cache=True)
def _shared(hashes, phrases, first, first_end, second, second_end):  # type: ignore[no-untyped-def]
    """How many shingles two articles share, and how many of these are no set phrases."""
    shared, fresh = 0, 0
    while first < first_end and second < second_end:
        if hashes[first] == hashes[second]:
            shared += 1
            fresh += not phrases[first]
            first += 1
            second += 1
        elif hashes[first] < hashes[second]:
            first += 1
        else:
            second += 1
    return shared, fresh
