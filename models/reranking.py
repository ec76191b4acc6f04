"""Reranking: pure steps from candidates to fewer or other candidates, formula above each."""

from __future__ import annotations

from enum import StrEnum
from itertools import accumulate
from itertools import pairwise as pairs

import numpy as np
from numpy.typing import NDArray

from models.candidates import Candidates
from models.index import DAY, UNKNOWN_TIME, ArticleIndex
from models.tfidf import Float32Array, Int32Array


# factor = floor + (1 - floor) · ½^(|t_article - t_source| / half-life)
# An undated source judges nobody (factor 1); an undated candidate counts as old (factor = floor).
def freshness(index: ArticleIndex, rows: Int32Array, source: int, half_life_days: float, floor: float) -> Float32Array:
    """A factor in [floor, 1] for each row: how near in time it is to the source."""
    days = index.days
    if half_life_days == 0 or days[source] == -np.inf:
        return np.ones(len(rows), dtype=np.float32)
    decay = np.exp2(np.abs(days[rows] - days[source]) / -half_life_days)
    factors: Float32Array = (floor + (1 - floor) * decay).astype(np.float32)
    return factors


class Shown(StrEnum):
    """Which copy of a story stands in a list; its place is that of the story's best copy in any case."""

    BEST = "best"
    NEWEST = "newest"
    OWN = "own"


def one_per_story(
    index: ArticleIndex,
    candidates: Candidates,
    told: Int32Array,
    shown: Shown = Shown.BEST,
    enough: int | None = None,
) -> Candidates:
    """One candidate of each story, with the score of the story's best, in the order of the best.

    Stories of the rows in ``told`` are left out, and so is what is alike in wording to one of those rows or
    to one that is kept. ``shown`` picks among the story's candidates: the best, the newest, or the site's own
    (the newest of several; where there is none, the newest of all). With ``enough`` candidates kept, those
    of lower scores are not looked at: for scores that fall.
    """
    rows, scores = candidates.rows.tolist(), candidates.scores.tolist()
    stories = index.story[candidates.rows].tolist()
    over = set(index.story[told].tolist())
    barred = {alike for row in told.tolist() for alike in index.alike(row)}
    kept: list[int] = []
    best: list[int] = []
    least = -np.inf  # the lowest score among the first that are enough
    for place, story in enumerate(stories):
        if scores[place] < least:
            break
        # one that is barred does not tell its story: a later copy may, at its own place
        if story in over or rows[place] in barred:
            continue
        shows = place
        if stories.count(story) > 1:
            over.add(story)
            copies = [other for other, its in enumerate(stories) if its == story and rows[other] not in barred]
            shows = _preferred(index, rows, copies, shown)
        kept.append(rows[shows])
        best.append(place)
        barred.update(index.alike(rows[shows]))
        if len(kept) == enough:
            least = scores[place]
    return Candidates(np.array(kept, dtype=np.int32), candidates.scores[best])


def _preferred(index: ArticleIndex, rows: list[int], places: list[int], shown: Shown) -> int:
    """The place shown of a story's candidates, best first."""
    if shown is Shown.BEST:
        return places[0]
    own = [place for place in places if index.own[rows[place]]] if shown is Shown.OWN else []
    return min(own or places, key=lambda place: index.place_in_time(rows[place]))


def within(index: ArticleIndex, candidates: Candidates, source: int, days: float | None) -> Candidates:
    """The candidates no more than so many days from the source; undated ones are outside.

    An undated source judges nobody.
    """
    if days is None or index.published[source] == UNKNOWN_TIME:
        return candidates
    published = index.published[candidates.rows].astype(np.float64)  # UNKNOWN_TIME would overflow in int64
    return candidates.take(np.abs(published - float(index.published[source])) <= days * DAY)


# Maximal marginal relevance (Carbonell & Goldstein 1998):
# next = argmax_i (1 - d) · score_i / max score - d · max_{j chosen} cosine(i, j)
def diversify(index: ArticleIndex, candidates: Candidates, diversity: float, count: int) -> Candidates:
    """The candidates reordered so that the first ``count`` differ from each other; the rest keep their order."""
    if diversity == 0 or len(candidates) < 2:
        return candidates
    cosines = Cosines(index, candidates.rows)
    relevance = (1 - diversity) * candidates.scores / max(float(candidates.scores.max()), 1e-9)
    nearest = np.zeros(len(candidates), dtype=np.float32)
    left = np.ones(len(candidates), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(count, len(candidates))):
        best = int(np.argmax(np.where(left, relevance - diversity * nearest, -np.inf)))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, cosines.of(best))
    return candidates.take(np.concatenate((np.array(chosen, dtype=np.intp), np.flatnonzero(left))))


def spread(index: ArticleIndex, candidates: Candidates, most: int) -> Candidates:
    """At most ``most`` articles of one section first; those beyond follow after all others, in their order."""
    late = beyond(index, candidates, most)
    return candidates.take(np.concatenate((np.flatnonzero(~late), np.flatnonzero(late))))


def beyond(index: ArticleIndex, candidates: Candidates, most: int) -> NDArray[np.bool_]:
    """Which candidates have ``most`` others of their section before them."""
    seen: dict[int, int] = {}
    late = np.zeros(len(candidates), dtype=bool)
    for place, section in enumerate(index.section[candidates.rows].tolist()):
        seen[section] = seen.get(section, 0) + 1
        late[place] = seen[section] > most
    return late


def weigh(index: ArticleIndex, candidates: Candidates, factors: Float32Array) -> Candidates:
    """Scores times factors, ranked anew."""
    return index.ranked(Candidates(candidates.rows, candidates.scores * factors))


# score = x + weight · s · (1 - x), x the score in ``candidates`` and s that in ``others``, 0 where there is none
def joined(index: ArticleIndex, candidates: Candidates, others: Candidates, weight: float) -> Candidates:
    """Candidates of two kinds as one, ranked anew; without others the candidates as they are."""
    if len(others) == 0:
        return candidates
    rows = np.union1d(candidates.rows, others.rows)
    one, other = (np.zeros(len(rows), dtype=np.float32) for _ in range(2))
    one[np.searchsorted(rows, candidates.rows)] = candidates.scores
    other[np.searchsorted(rows, others.rows)] = others.scores
    return index.ranked(Candidates(rows, one + np.float32(weight) * other * (1 - one)))


class Cosines:
    """Cosines of some rows with one of them at a time."""

    def __init__(self, index: ArticleIndex, rows: Int32Array) -> None:
        lengths, self._terms, self._weights = index.vectors(rows)
        self._parts = [slice(*part) for part in pairs([0, *accumulate(lengths)])]
        self._filled = [place for place, part in enumerate(self._parts) if part.start < part.stop]
        self._starts = [self._parts[place].start for place in self._filled]
        self._row = np.zeros(int(self._terms.max(initial=-1)) + 1, dtype=np.float32)  # as long as the columns are many

    def of(self, place: int) -> Float32Array:
        """The cosine of each with the one at a place, float32 (n,)."""
        part, row = self._parts[place], self._row
        terms = self._terms[part]
        row[terms] = self._weights[part]
        products = row.take(self._terms) * self._weights
        row[terms] = 0
        cosines = np.zeros(len(self._parts), dtype=np.float32)
        if self._filled:
            cosines[self._filled] = np.add.reduceat(products, self._starts)
        return cosines


def pairwise(index: ArticleIndex, rows: Int32Array) -> Float32Array:
    """Cosines of all pairs of the given rows, float32 (n, n)."""
    cosines = Cosines(index, rows)
    return np.stack([cosines.of(place) for place in range(len(rows))])
