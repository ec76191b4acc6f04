"""LiveIndex: the articles of a training and what came, changed and went since; immutable, cheap to change.

What comes gets a row behind all others, an article that changes as well, and its old row is gone. So rows
do not stand newest first any more, and :attr:`ArticleIndex.by_time` says how they would. Vocabulary, idf,
mean length and set phrases are those of the training: an article has the same lists whether it came live
or was trained with these.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.analysis import Analyzer
from models.article import Article
from models.candidates import Candidates
from models.cards import CardLog, LiveCards
from models.index import DAY, NEVER, NO_SECTION, UNKNOWN_TIME, ArticleIndex, GatheredVectors, expires_of, published_of
from models.search import Archive, Asked, Block, BoolArray, Search
from models.stories import Shingles, StoryRule, likeness, shingles
from models.tfidf import CountMatrix, Int32Array, Int64Array, SparseVector, TextTerms, TfidfModel

REMEMBERED = 1024  # articles whose neighbours are kept once they were asked for


@dataclass(frozen=True)
class Trained:
    """What a training knows beside its index, and what articles that come later are measured by.

    Attributes:
        archive: its vectors, and how its articles are found.
        mean_length: see :meth:`TfidfModel.saturations`.
        shingle_indptr, shingles: int64 (n + 1,) and uint32: those of each article, ascending.
        phrases: uint32, the set phrases, ascending.
        rule: what makes two articles alike.
        neighbour_days: how far apart neighbours may be; None: any time.
        own_source: see :class:`models.recommenders.ListRules`.
    """

    index: ArticleIndex
    analyzer: Analyzer
    tfidf: TfidfModel
    archive: Archive
    mean_length: float
    shingle_indptr: Int64Array
    shingles: Shingles
    phrases: Shingles
    rule: StoryRule
    neighbour_days: float | None
    own_source: str | None

    @cached_property
    def older(self) -> Int64Array:
        """The times of its rows so that they ascend, int64 (n,): ~ turns the order round without overflow."""
        return ~self.index.published


@dataclass(frozen=True, slots=True)
class Analysed:
    """Articles as counts, in their order.

    Attributes:
        told: the shingles of each.
        terms, unknown_terms: distinct terms of each article, added up, and those the vocabulary lacks.
    """

    counts: CountMatrix
    told: Sequence[Shingles]
    terms: int
    unknown_terms: int

    @classmethod
    def of(cls, trained: Trained, articles: Iterable[Article]) -> Analysed:
        """Analyse articles, page furniture left out."""
        analyzer = trained.analyzer
        texts = [TextTerms.of(analyzer, article.title, article.body, article.tags) for article in articles]
        counts = trained.tfidf.count(texts)
        terms = sum(len(text.counts(trained.tfidf.weighting)) for text in texts)
        told = [shingles(text.body or text.title) for text in texts]
        return cls(counts, told, terms, terms - int(counts.whole.nnz))

    def block(self, trained: Trained) -> Block:
        """Their vectors."""
        saturations = trained.tfidf.saturations(self.counts, trained.mean_length)
        return Block.of(trained.tfidf.vectors(self.counts), saturations)


@dataclass
class Since:
    """What is known of the articles that came since, in their order; grows behind what any index looks at.

    Attributes:
        rows: id → its rows, the last one being the newest.
        before: how many articles of the training stand before each in the order of time.
        told: the shingles of each.
        near: the neighbours in the archive that each found when it came.
    """

    cards: CardLog = field(default_factory=CardLog)
    ids: list[str] = field(default_factory=list)
    rows: dict[str, list[int]] = field(default_factory=dict)
    before: list[int] = field(default_factory=list)
    told: list[Shingles] = field(default_factory=list)
    near: list[Candidates] = field(default_factory=list)

    def branch(self, count: int, rows: int) -> Since:
        """The first ``count`` articles, of rows below ``rows``, to which what is added is not added here."""
        known = {name: [row for row in its if row < rows] for name, its in self.rows.items()}
        lists = self.ids[:count], known, self.before[:count], self.told[:count], self.near[:count]
        return Since(self.cards.branch(count), *lists)

    def cut(self, count: int) -> None:
        """Take back all but the first ``count``: what was added when something went wrong."""
        for article_id in self.ids[count:]:
            self.rows[article_id].pop()
        self.cards.cut(count)
        for part in (self.ids, self.before, self.told, self.near):
            del part[count:]

    def add(self, article: Article, row: int, before: int, told: Shingles) -> None:
        """One more article; its neighbours follow."""
        self.cards.append(article)
        self.ids.append(article.id)
        self.rows.setdefault(article.id, []).append(row)
        self.before.append(before)
        self.told.append(told)


@dataclass(frozen=True)
class LiveIndex(ArticleIndex):
    """An index of n articles, those of the training first; see :class:`ArticleIndex` for what both have.

    Arrays with one entry an article are of all n; vectors, neighbours, likeness and ids are those of the training.

    Attributes:
        gone: bool (n,), rows whose article was deleted or told anew: never visible.
        alike_since: row → those alike to it that came since, or for which it came since.
        terms_since, unknown_since: see :class:`Analysed`, of all that came since.
    """

    trained: Trained
    search: Search
    since: Since
    gone: BoolArray
    alike_since: Mapping[int, tuple[int, ...]]
    terms_since: int = 0
    unknown_since: int = 0
    _found: dict[int, Candidates] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, trained: Trained) -> LiveIndex:
        """The index of a training, nothing changed yet."""
        index = trained.index
        since = Since()
        members: dict[str, Any] = {**vars(index), "cards": LiveCards(index.cards.data, index.cards.spans, since.cards)}
        members = {name: members[name] for name in ArticleIndex.__dataclass_fields__}
        search = Search(trained.archive)
        return cls(
            **members, trained=trained, search=search, since=since, gone=np.zeros(len(index), np.bool_), alike_since={}
        )

    @property
    def came(self) -> int:
        """How many rows came since, gone ones among them."""
        return len(self.published) - self._first

    @cached_property
    def changed(self) -> bool:
        """Whether anything came or went since."""
        return self.came > 0 or bool(self.gone.any())

    @cached_property
    def _first(self) -> int:
        """The first row that came since."""
        return len(self.trained.index)

    @cached_property
    def present(self) -> int:
        return len(self) - int(np.count_nonzero(self.gone))

    # order

    @cached_property
    def by_time(self) -> Int32Array:
        rows = np.empty(len(self), dtype=np.int32)
        rows[self._order] = np.arange(len(self), dtype=np.int32)
        return rows

    @cached_property
    def times(self) -> Int64Array:
        return self.published[self.by_time][::-1]

    @cached_property
    def _order(self) -> Int64Array:
        """The place of each row in ``by_time``, int64 (n,)."""
        first, ids = self._first, self.since.ids
        order = np.arange(len(self), dtype=np.int64)
        if not self.came:
            return order
        wanted = ~self.published[first:]
        came = wanted.argsort(kind="stable")
        if np.any(wanted[came[1:]] == wanted[came[:-1]]):
            came = np.array(sorted(came.tolist(), key=lambda place: (wanted[place], ids[place])))
        before = np.array(self.since.before[: self.came], dtype=np.int64)[came]
        order[:first] += np.searchsorted(before, np.arange(first), side="right")
        order[first + came] = before + np.arange(len(came))
        return order

    def _before(self, article: Article) -> int:
        """How many articles of the training stand before one in the order of time."""
        wanted, older = ~published_of(article), self.trained.older
        place, end = (int(np.searchsorted(older, wanted, side=side)) for side in ("left", "right"))
        return bisect_left(range(len(older)), article.id, place, end, key=lambda row: self.cards.card(row).id)

    def place_in_time(self, row: int) -> int:
        return int(self._order[row]) if self.came else row

    def ranked(self, candidates: Candidates) -> Candidates:
        if not self.came:
            return candidates.ranked()
        return candidates.take(np.lexsort((self._order[candidates.rows], -candidates.scores)))

    @cached_property
    def turns(self) -> Int64Array:
        moments = self.trained.index.turns
        came = np.concatenate((self.published[self._first :], self.expires[self._first :]))
        came = np.unique(came[(came != UNKNOWN_TIME) & (came != NEVER)])
        return np.insert(moments, np.searchsorted(moments, came), came)

    # articles

    def find(self, article_id: str) -> int | None:
        came = self.since.rows.get(article_id, ())
        row = next((row for row in reversed(came) if row < len(self)), None)
        if row is None:
            row = self.trained.index.find(article_id)
        return None if row is None or self.gone[row] else row

    def vector(self, row: int) -> SparseVector:
        return super().vector(row) if row < self._first else self.search.vector(row)

    def vectors(self, rows: Int32Array) -> GatheredVectors:
        if not self.came:
            return super().vectors(rows)
        vectors = [self.vector(row) for row in rows.tolist()]
        return GatheredVectors(
            [len(vector.terms) for vector in vectors],
            np.concatenate([vector.terms for vector in vectors], dtype=np.intp),
            np.concatenate([vector.weights for vector in vectors]),
        )

    def alike(self, row: int) -> list[int]:
        trained = super().alike(row) if row < self._first else []
        return [*trained, *self.alike_since.get(row, ())]

    # neighbours

    def neighbours(self, row: int) -> Candidates:
        if not self.changed:
            return super().neighbours(row)
        found = self._found.get(row)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            found = self._found[row] = self._neighbours(row)
        return found

    def _neighbours(self, row: int) -> Candidates:
        """Those of the archive that are still there, and those that came since.

        A full list that lost one is looked for anew, unless so many came that its last place is out of reach.
        """
        count = self.neighbour_rows.shape[1]
        before = super().neighbours(row) if row < self._first else self.since.near[row - self._first]
        kept = before.take(~self.gone[before.rows])
        asked, allowed = self.asked(row), self.may_be_near(row)
        near = self._together([kept, *self.search.since(asked, count, allowed)], count)
        lost = len(before) == count > len(kept)
        if not lost or (len(near) == count and near.scores[-1] > before.scores[-1]):
            return near
        return self._together(self.search.everywhere(asked, count, allowed), count)

    def farther(self, row: int, count: int, allowed: BoolArray) -> Candidates | None:
        archive = self.trained.archive
        if not archive.ready:
            archive.wanted = True
            return None
        return self._together(self.search.everywhere(self.asked(row), count, allowed & self.may_be_near(row)), count)

    def asked(self, row: int) -> Asked:
        """How the neighbours of a row are looked for."""
        return asked_by(self.trained.tfidf, self.vector(row), self.search.saturation(row))

    def may_be_near(self, row: int) -> BoolArray:
        """Which rows may be neighbours of one: not itself, none that is gone, none too far away in time."""
        allowed = ~self.gone
        allowed[row] = False
        days, published = self.trained.neighbour_days, self.published
        if days is not None and published[row] != UNKNOWN_TIME:
            reach = int(days * DAY)
            allowed &= (published != UNKNOWN_TIME) & (np.abs(published - published[row]) <= reach)
        return allowed

    def _together(self, parts: Sequence[Candidates], count: int) -> Candidates:
        rows, scores = (np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "scores"))
        return self.ranked(Candidates(rows, scores)).take(slice(count))

    # changes

    def branch(self) -> LiveIndex:
        """The same index, to be changed for itself: for what is not published."""
        since = self.since.branch(self.came, len(self))
        return replace(self, since=since, cards=replace(cast("LiveCards", self.cards), log=since.cards), _found={})

    def with_changes(self, changes: Mapping[str, Article | None]) -> LiveIndex:
        """With these articles, each by its id, in place of those of the same ids; None takes an article away.

        An article that says what is known already changes nothing. Only the newest index can be changed, by
        one thread at a time.
        """
        came: list[Article] = []
        gone = []
        for article_id, article in changes.items():
            row = self.find(article_id)
            if row is not None:
                if article is not None and self.article(row) == article:
                    continue
                gone.append(row)
            if article is not None:
                came.append(article)
        index = self._without(gone)
        return index.joined_by(came) if came else index

    def _without(self, rows: Collection[int]) -> LiveIndex:
        if not rows:
            return self
        gone, expires = self.gone.copy(), self.expires.copy()
        gone[list(rows)] = True
        expires[list(rows)] = UNKNOWN_TIME
        return replace(self, gone=gone, expires=expires, _found={})

    def joined_by(self, articles: Sequence[Article]) -> LiveIndex:
        """With articles whose ids it does not hold."""
        analysed = Analysed.of(self.trained, articles)
        names = dict.fromkeys((*self.section_names, *(article.section for article in articles if article.section)))
        number_of = {name: number for number, name in enumerate(names)}
        first, since = len(self), self.since
        if len(since.near) != self.came or len(since.ids) != self.came:
            since.cut(self.came)
        for row, (article, told) in enumerate(zip(articles, analysed.told, strict=True), first):
            since.add(article, row, self._before(article), told)
        index = replace(
            self,
            published=_appended(self.published, map(published_of, articles)),
            expires=_appended(self.expires, map(expires_of, articles)),
            section=_appended(
                self.section, (number_of[article.section] if article.section else NO_SECTION for article in articles)
            ),
            section_names=list(names),
            story=_appended(self.story, range(first, first + len(articles))),
            own=_appended(self.own, (article.source in (None, self.trained.own_source) for article in articles)),
            gone=_appended(self.gone, [False] * len(articles)),
            search=self.search.with_block(analysed.block(self.trained)),
            terms_since=self.terms_since + analysed.terms,
            unknown_since=self.unknown_since + analysed.unknown_terms,
            _found={},
        )
        for row in range(first, len(index)):
            allowed = index.may_be_near(row)[: self._first]
            archive = index.search.archive
            since.near.append(archive.nearest(index.asked(row), index.neighbour_rows.shape[1], allowed))
        return index.retold(range(first, len(index)))

    def retold(self, came: range) -> LiveIndex:
        """With the likeness and the stories of rows that came just now.

        From the oldest on, each joins the story of what it is a copy of, as :func:`story_numbers` says; one that is
        older than its copies, all of which were there before, joins theirs.
        """
        rule, least = self.trained.rule, np.float32(self.trained.rule.min_similarity)
        story, alike = self.story.copy(), dict(self.alike_since)
        near = {row: self.neighbours(row) for row in came}
        pairs = {
            (min(row, other), max(row, other))
            for row, found in near.items()
            for other in found.rows[found.scores >= least].tolist()
        }
        copies: dict[int, list[tuple[int, float]]] = {}
        for one, other in sorted(pairs):
            found = likeness(self._shingles(one), self._shingles(other), self.trained.phrases, rule)
            for row, its in ((one, other), (other, one)):
                if found.alike:
                    alike[row] = (*alike.get(row, ()), its)
                if found.told and self._near_in_time(row, its):
                    copies.setdefault(row, []).append((its, found.share))
        for row in sorted(copies.keys() & set(came), key=self.place_in_time, reverse=True):
            joined = []
            for other, share in copies[row]:
                older = self.place_in_time(other) > self.place_in_time(row)
                first_report = story[other] == other or self.gone[story[other]]
                if (older or other not in came) and (share >= rule.min_overlap or first_report):
                    joined.append((older, share, self.place_in_time(other), other))
            if joined:
                story[row] = story[max(joined)[-1]]
        return replace(self, story=story, alike_since=alike)

    def _shingles(self, row: int) -> Shingles:
        if row >= self._first:
            return self.since.told[row - self._first]
        first, last = self.trained.shingle_indptr[row : row + 2].tolist()
        return self.trained.shingles[first:last]

    def _near_in_time(self, one: int, other: int) -> bool:
        times = [int(self.published[row]) for row in (one, other)]
        return UNKNOWN_TIME in times or abs(times[0] - times[1]) <= self.trained.rule.max_days * DAY


def asked_by(tfidf: TfidfModel, vector: SparseVector, saturation: SparseVector) -> Asked:
    """How a text is looked for: a headline by the terms of its saturation, others by their vector."""
    terms = saturation.terms
    shape = (1, len(tfidf.idf))
    pattern = sparse.csr_array((np.ones(len(terms), dtype=np.float32), terms, np.array([0, len(terms)])), shape=shape)
    if not tfidf.headlines(pattern)[0]:
        return Asked(vector)
    return Asked(vector, SparseVector(terms, tfidf.shares(pattern).data))


def _appended(array: NDArray[Any], values: Iterable[Any]) -> Any:
    return np.concatenate((array, np.array([*values], dtype=array.dtype)))
