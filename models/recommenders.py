"""The two lists, read top to bottom: wiring only, each step is a function elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from pydantic import ConfigDict

from models.candidates import Candidates, Query, Reason, Recommendation
from models.coreading import read_along
from models.editorial import EditorialRules
from models.edits import NO_EDITS, Desk, Edits
from models.index import ArticleIndex
from models.limits import NO_OTHERS, Amount, Share, Whole
from models.pinning import pinned, woven
from models.popularity import Popularity
from models.reranking import Shown, beyond, diversify, freshness, joined, one_per_story, spread, weigh, within
from models.retrieval import latest, reaching
from models.tfidf import Int32Array

DEFAULT_RELATED = 5
DEFAULT_ALSO_LIKE = 2
AT_ONCE = 16  # of the latest, that are looked at for copies together: what is beyond would only cost time
DIVERSIFIED = 40  # candidates that compete for variety: more would only cost time


@dataclass(frozen=True, slots=True)
class ListRules:
    """What makes a list; part of every model, tuned in docs/relevance.md.

    Attributes:
        related_min_similarity: cosine below which an article is not related.
        related_half_life_days, related_freshness_floor: see :func:`models.reranking.freshness`.
        related_diversity: default of ``diversity`` for related news.
        same_story_similarity: cosine from which an article tells the reader's own story:
            not for «you may also like».
        same_story_neighbours: at most so many nearest articles count as the reader's own story: where
            a topic is dense, hundreds of articles are above ``same_story_similarity``.
        related_window_days, also_like_window_days: articles further from the reader's in time are not shown;
            none are left out by default. See :func:`models.reranking.within`.
        story_shows: which copy of a story stands in a list, see :class:`models.reranking.Shown`.
        own_source: the ``source`` of the site's own articles; one without a source is its own as well.
        also_like_min_similarity, also_like_half_life_days, also_like_freshness_floor,
        also_like_diversity: the same settings for «you may also like».
        also_like_co_read_weight: see :func:`models.reranking.joined`; 0 leaves readers out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    related_min_similarity: Share = 0.07
    related_half_life_days: Amount = 1.0
    related_freshness_floor: Share = 0.85
    related_diversity: Share = 0.0
    same_story_similarity: Share = 0.22
    same_story_neighbours: Whole = 50
    related_window_days: Amount | None = None
    story_shows: Shown = Shown.NEWEST
    own_source: str | None = None
    also_like_min_similarity: Share = 0.015
    also_like_half_life_days: Amount = 3.0
    also_like_freshness_floor: Share = 0.5
    also_like_diversity: Share = 0.8
    also_like_window_days: Amount | None = None
    also_like_co_read_weight: Share = 0.5


@dataclass(frozen=True)
class Recommender:
    """An index with the rules of its lists, what readers did, where that is known, and the rules of its editors."""

    index: ArticleIndex
    rules: ListRules = field(default_factory=ListRules)
    popularity: Popularity | None = None
    editorial: EditorialRules = field(default_factory=EditorialRules)

    @cached_property
    def _desk(self) -> Desk:
        return Desk(self.index, self.editorial)

    def edits(self, name: str, source: int | None, query: Query) -> Edits:
        """What the editors' rules mean for a list, on the page of a row or on none."""
        if not self.editorial:
            return NO_EDITS
        return self._desk.edits(name, source, query.as_of, query.as_of if query.asked_at is None else query.asked_at)


# score = cosine · freshness · boosts; one article a story, none of the source's own
def related_news(
    recommender: Recommender, source: int, query: Query, beside: Sequence[Recommendation] = ()
) -> list[Recommendation]:
    """«أخبار ذات صلة»: the same story and its people, places and matters, fresh, one article a story.

    Stories of ``beside``, shown in another list, are left out.
    """
    index, rules = recommender.index, recommender.rules
    edits = recommender.edits("related", source, query)
    if edits.silent:
        return []
    told = _rows([source, *(item.row for item in beside)])
    pins = pinned(index, edits, query, told)
    told = np.append(told, _rows([*pins.values()])) if pins else told
    diversity = rules.related_diversity if query.diversity is None else query.diversity
    enough = query.limit if diversity == 0 else None
    found: list[Recommendation] = []
    for reached in reaching(index, source, query, rules.related_min_similarity, edits):
        near = within(index, reached, source, rules.related_window_days)
        fresh = freshness(index, near.rows, source, rules.related_half_life_days, rules.related_freshness_floor)
        weighed, boosted = _boosted(index, weigh(index, near, fresh), edits)
        ranked = index.ranked(one_per_story(index, weighed, told, rules.story_shows, enough))
        varied = diversify(index, ranked, diversity, query.limit)
        found = _answer(index, near, varied, query, boosted, len(pins))
        if len(found) + len(pins) >= query.limit:
            break
    return woven(index, source, found, pins)


# score = cosine · freshness · boosts over articles of another story, that is
# cosine < max(same_story_similarity, cosine of the neighbour at rank same_story_neighbours + 1);
# joined with what the article's readers have read as well (models.coreading), where that is known:
# score = x + also_like_co_read_weight · co-reading · (1 - x), x that of the line above
# then MMR, then at most half of the list from one section
def you_may_also_like(
    recommender: Recommender, source: int, query: Query, beside: Sequence[Recommendation] | None = None
) -> list[Recommendation]:
    """«قد يهمك أيضا»: the wider topic in other stories and sections; nothing that related news shows by default.

    ``beside`` is what other lists show, where more than that must not be repeated.
    """
    index, rules = recommender.index, recommender.rules
    edits = recommender.edits("also-like", source, query)
    if edits.silent:
        return []
    beside = shown_beside(recommender, source, query) if beside is None else beside
    told = _rows([source, *(item.row for item in beside)])
    pins = pinned(index, edits, query, told)
    told = np.append(told, _rows([*pins.values()])) if pins else told
    dense = index.neighbours(source).scores[rules.same_story_neighbours :][:1]
    own_story = max(rules.same_story_similarity, float(dense.max(initial=0)))
    read = _read_beyond(recommender, source, query, own_story, edits)
    found: list[Recommendation] = []
    for reached in reaching(index, source, query, rules.also_like_min_similarity, edits):
        near = within(index, reached.take(reached.scores < own_story), source, rules.also_like_window_days)
        fresh = freshness(index, near.rows, source, rules.also_like_half_life_days, rules.also_like_freshness_floor)
        weighed = weigh(index, near, fresh)
        both, boosted = _boosted(index, joined(index, weighed, read, rules.also_like_co_read_weight), edits)
        ranked = index.ranked(one_per_story(index, both, told, rules.story_shows, max(DIVERSIFIED, query.limit)))
        varied = _varied(recommender, ranked, query)
        found = _answer(index, near, varied, query, boosted, len(pins))
        found = _by_readers(index, found, weighed, read) if found and len(read) else found
        if len(found) + len(pins) >= query.limit:
            break
    return woven(index, source, found, pins)


def _varied(recommender: Recommender, ranked: Candidates, query: Query) -> Candidates:
    """The ranked in the order of «you may also like»: unlike each other, at most half from one section."""
    index, rules = recommender.index, recommender.rules
    ranked = ranked.take(slice(max(DIVERSIFIED, query.limit)))
    diversity = rules.also_like_diversity if query.diversity is None else query.diversity
    most = (query.limit + 1) // 2
    for looked in (2 * query.limit, len(ranked)):  # the first are the same however many are asked for
        varied = diversify(index, ranked, diversity, looked).take(slice(looked))
        room = ~beyond(index, varied, most) & (varied.scores >= query.min_score)
        if np.count_nonzero(room) >= query.limit:
            break
    return spread(index, varied, most)


def shown_beside(recommender: Recommender, source: int, query: Query) -> list[Recommendation]:
    """What related news shows by default at the query's moment: not to be repeated by another list."""
    return related_news(recommender, source, Query(as_of=query.as_of, asked_at=query.asked_at, limit=DEFAULT_RELATED))


def filled(
    recommender: Recommender,
    items: list[Recommendation],
    query: Query,
    source: int | None,
    reason: Reason,
    beside: Sequence[Recommendation] = (),
    edits: Edits = NO_EDITS,
) -> list[Recommendation]:
    """A short list made full with the latest articles that the query allows, of stories not told yet.

    ``reason`` is ``Reason.LATEST``, or ``Reason.SECTION`` for the latest of the source's own section;
    a source without one gets the latest of all. Stories of ``beside``, shown in another list, count as told.
    ``edits`` are those of the list: what is pinned keeps its position, and a list that is silent stays empty.
    """
    if edits.silent:
        return []
    index = recommender.index
    told = [*([] if source is None else [source]), *(item.row for item in beside)]
    pins = pinned(index, edits, query, _rows(told))
    full = [item for item in items if item.reason is not Reason.PINNED]
    wanted = query.limit - len(pins)
    if reason is Reason.SECTION and query.section is None:
        section = None if source is None else index.section_name(source)
        query, reason = replace(query, section=section), reason if section is not None else Reason.LATEST
    over = _rows([*told, *pins.values(), *(item.row for item in full)])
    for rows in _parts(latest(index, query, edits)):
        if len(full) >= wanted:
            break
        fresh = one_per_story(index, Candidates(rows, np.zeros(len(rows), dtype=np.float32)), over)
        for row in fresh.rows[: wanted - len(full)].tolist():
            full.append(Recommendation(row, len(full) + 1, 0.0, 0.0, reason))
        over = np.concatenate((over, fresh.rows))
    return woven(index, source, full, pins)


def _parts(blocks: Iterable[Int32Array]) -> Iterator[Int32Array]:
    for rows in blocks:
        yield from (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _boosted(index: ArticleIndex, candidates: Candidates, edits: Edits) -> tuple[Candidates, set[int]]:
    """The candidates with what editors boost, ranked anew, and the stories of these."""
    boosts = edits.boosts(index, candidates.rows)
    if boosts is None:
        return candidates, set()
    # a story has the score of its best copy, which may be another than the one that is shown
    return weigh(index, candidates, boosts), set(index.story[candidates.rows[boosts != 1]].tolist())


def _answer(
    index: ArticleIndex, near: Candidates, ranked: Candidates, query: Query, boosted: Collection[int], pins: int
) -> list[Recommendation]:
    """The first of the ranked, with the similarity that they have in ``near``, or 0.

    ``boosted`` are stories; so many places are left free as there are ``pins``.
    """
    chosen = ranked.take(ranked.scores >= query.min_score).take(slice(query.limit - pins))
    places = near.rows.tolist()
    found = [
        Recommendation(
            row, rank, score, float(near.scores[places.index(row)]) if row in places else 0.0, Reason.CONTENT
        )
        for rank, (row, score) in enumerate(zip(chosen.rows.tolist(), chosen.scores.tolist(), strict=True), 1)
    ]
    if not boosted:
        return found
    return [
        item._replace(score=min(item.score, 1.0), reason=Reason.BOOSTED)
        if int(index.story[item.row]) in boosted
        else item
        for item in found
    ]


def _read_beyond(recommender: Recommender, source: int, query: Query, own_story: float, edits: Edits) -> Candidates:
    """What readers of an article have read as well, that is none of its own story."""
    index, rules = recommender.index, recommender.rules
    if recommender.popularity is None or rules.also_like_co_read_weight == 0:
        return Candidates(_rows([]), np.empty(0, dtype=np.float32))
    read = read_along(index, recommender.popularity, source, query, edits)
    near = index.neighbours(source)
    read = read.take(~np.isin(read.rows, near.rows[near.scores >= own_story]))
    return within(index, read, source, rules.also_like_window_days)


def _by_readers(
    index: ArticleIndex, items: list[Recommendation], weighed: Candidates, read: Candidates
) -> list[Recommendation]:
    """The items, with their reason where readers make more of a story's score than its content does."""
    best_last = weighed.take(slice(None, None, -1))
    by_content = dict(zip(index.story[best_last.rows].tolist(), best_last.scores.tolist(), strict=True))
    by_readers = set(index.story[read.rows].tolist())
    reasons = [
        Reason.CO_READ
        if item.reason is Reason.CONTENT and story in by_readers and item.score > 2 * by_content.get(story, 0.0)
        else item.reason
        for item, story in zip(items, index.story[[item.row for item in items]].tolist(), strict=True)
    ]
    return [item._replace(reason=reason) for item, reason in zip(items, reasons, strict=True)]


def _rows(rows: list[int]) -> Int32Array:
    return np.array(rows, dtype=np.int32)
