"""Retelling: the stories of an archive after an update, from those before it and what is new.

Whether two articles are alike depends on their own words; whether they are copies also on which shingles are
set phrases, and these on the days of all articles. So are compared anew: pairs that have become neighbours,
and pairs near in time of which one holds a shingle that has become a set phrase or is none any more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.index import DAY, UNKNOWN_TIME
from models.stories import Shingles, StoryRule
from models.tfidf import Float32Array, Int32Array, Int64Array
from training.stories import Stories, Wording, among, compared, set_phrases

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Told:
    """What was known before, in the rows of now, without pairs of which one is gone.

    Attributes:
        alike: int64 (a, 2), the pairs that are alike, the lower row first.
        copies: int64 (c, 2), the pairs of copies, the lower row first; ``likeness`` float64 (c,).
        phrases: uint32, the set phrases, ascending.
    """

    alike: Int64Array
    copies: Int64Array
    likeness: NDArray[np.float64]
    phrases: Shingles


def retell(
    before: Told,
    rows: Int32Array,
    scores: Float32Array,
    marks: tuple[Int64Array, Shingles],
    published: Int64Array,
    new: BoolArray,
    asked: BoolArray,
    gone: Shingles,
    rule: StoryRule,
) -> Stories:
    """The stories as :func:`training.stories.find_stories` finds them, from those before.

    Args:
        before: what was known.
        rows: the neighbours of all articles, as for ``find_stories``; likewise ``scores``, ``marks``, ``published``.
        scores: see there.
        marks: see there.
        published: see there.
        new: which rows are new.
        asked: whose neighbours were looked for anew, the new ones among them.
        gone: the shingles of the articles that are gone.
        rule: what makes two articles alike.
    """
    indptr, hashes = marks
    count = len(published)
    phrases, turned = _phrases_now(before.phrases, marks, published, new, gone, rule.max_days)
    least = np.float32(rule.min_similarity)
    keys = np.unique(_pairs(rows, scores, least, new, asked, turned, _times(published), rule.max_days * DAY))
    pairs = np.stack([keys // max(count, 1), keys % max(count, 1)], axis=1)
    named, places = np.unique(pairs, return_inverse=True)
    lengths = np.diff(indptr)[named]
    chosen = np.repeat(indptr[named] - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
    some = (np.concatenate(([0], np.cumsum(lengths))), hashes[chosen])
    alike, copies, likeness = compared(Wording.of(some, phrases), published[named], places.reshape(-1, 2), rule)
    holds = [
        ~np.isin(known[:, 0] * count + known[:, 1], keys) & _near(rows, scores, least, known)
        for known in (before.alike, before.copies)
    ]
    return Stories.of(
        count,
        np.concatenate([before.alike[holds[0]], pairs[alike]]),
        np.concatenate([before.copies[holds[1]], pairs[copies]]),
        np.concatenate([before.likeness[holds[1]], likeness[copies]]),
        phrases,
        rule,
    )


def _phrases_now(
    before: Shingles,
    marks: tuple[Int64Array, Shingles],
    published: Int64Array,
    new: BoolArray,
    gone: Shingles,
    max_days: int,
) -> tuple[Shingles, BoolArray]:
    """The set phrases, and the rows that hold a shingle which has become one or is one no more."""
    indptr, hashes = marks
    lengths = np.diff(indptr)
    touched = np.unique(np.concatenate([hashes[np.repeat(new, lengths)], gone]))
    there = np.flatnonzero(among(hashes, touched))
    rows = np.searchsorted(indptr, there, side="right") - 1
    held = hashes[there]
    per_row = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(lengths)))))
    now = set_phrases(held, per_row, published, max_days)
    was = before[among(before, touched)]
    turned = np.zeros(len(lengths), dtype=np.bool_)
    turned[rows[among(held, np.setxor1d(now, was, assume_unique=True))]] = True
    return np.union1d(before[~among(before, touched)], now), turned


def _times(published: Int64Array) -> NDArray[np.float64]:
    """Microseconds in float64, nan where a time is unknown."""
    return np.where(published == UNKNOWN_TIME, np.nan, published.astype(np.float64))


@njit(cache=True)
def _pairs(rows, scores, least, new, asked, turned, times, gap):  # type: ignore[no-untyped-def]  # compiled
    """Keys of the pairs that are to be compared: lower row times the number of rows, and the higher."""
    count = len(rows)
    found = [np.int64(0)]
    for row in range(count):
        for place in range(rows.shape[1]):
            other = np.int64(rows[row, place])
            if other < 0:
                break
            if scores[row, place] < least:
                continue
            wanted = asked[row] or new[other]
            if not wanted and (turned[row] or turned[other]):
                wanted = not abs(times[row] - times[other]) > gap  # an unknown time is near to all
            if wanted:
                found.append(row * count + other if row < other else other * count + row)
    return np.array(found[1:], dtype=np.int64)


@njit(cache=True)
def _near(rows, scores, least, pairs):  # type: ignore[no-untyped-def]  # compiled
    """Which pairs are of rows of which one is a neighbour of the other."""
    near = np.zeros(len(pairs), dtype=np.bool_)
    for number in range(len(pairs)):
        for side in range(2):
            one, other = pairs[number, side], pairs[number, 1 - side]
            for place in range(rows.shape[1]):
                if rows[one, place] < 0:
                    break
                if rows[one, place] == other and scores[one, place] >= least:
                    near[number] = True
                    break
    return near
