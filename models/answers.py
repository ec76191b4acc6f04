"""Answers: a list by its name, with what a reader sees of each article; for service and command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.artifact import Model
from models.candidates import Query, Reason, Recommendation
from models.explanation import MatchedTerm, SourceText, matched_terms
from models.recommenders import (
    DEFAULT_ALSO_LIKE,
    DEFAULT_RELATED,
    Recommender,
    related_news,
    shown_beside,
    you_may_also_like,
)
from models.standing import latest_news, most_read, trending


class ListName(StrEnum):
    """The lists of an article, by the names used in paths and commands."""

    RELATED = "related"
    ALSO_LIKE = "also-like"


class StandingName(StrEnum):
    """The lists of a whole site, by the names used in paths."""

    LATEST = "latest"
    MOST_READ = "most-read"
    TRENDING = "trending"


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list: how it is made, how long it is unless asked otherwise, what stands above it, what it must not repeat."""

    recommend: Callable[[Recommender, int, Query], list[Recommendation]]
    default_limit: int
    heading: str
    beside: Callable[[Recommender, int, Query], list[Recommendation]] = lambda *_: []


LISTS = {
    ListName.RELATED: ListKind(related_news, DEFAULT_RELATED, "أخبار ذات صلة"),
    ListName.ALSO_LIKE: ListKind(you_may_also_like, DEFAULT_ALSO_LIKE, "قد يهمك أيضا", shown_beside),
}


@dataclass(frozen=True, slots=True)
class StandingKind:
    """A list of a whole site: how it is made, on a page or on none, and what stands above it."""

    recommend: Callable[[Recommender, Query, int | None, Sequence[Recommendation]], list[Recommendation]]
    heading: str


STANDING = {
    StandingName.LATEST: StandingKind(latest_news, "آخر الأخبار"),
    StandingName.MOST_READ: StandingKind(most_read, "الأخبار الأكثر قراءة"),
    StandingName.TRENDING: StandingKind(trending, "الرائج الآن"),
}
DEFAULT_STANDING = 10  # articles of a list of the whole site unless asked otherwise


@dataclass(frozen=True, slots=True)
class Item:
    """One place of a list. ``matched_terms`` is None unless an explanation was asked for."""

    id: str
    rank: int
    score: float
    reason: Reason
    title: str
    url: str | None
    section: str | None
    published_at: str | None
    image_url: str | None
    source: str | None
    story_id: str
    matched_terms: Sequence[MatchedTerm] | None = None


def items(model: Model, recommendations: Sequence[Recommendation], source: int | None, explain: bool) -> list[Item]:
    """What a reader sees of recommendations; with ``explain`` the words shared with the source."""
    index = model.index
    explained = Explanation(model, source) if explain and source is not None else None
    shown = []
    for place in recommendations:
        card = index.cards.card(place.row)
        shown.append(
            Item(
                id=card.id,
                rank=place.rank,
                score=shown_score(place),
                reason=place.reason,
                title=card.title,
                url=card.url,
                section=card.section,
                published_at=card.published_at,
                image_url=card.image_url,
                source=card.source,
                story_id=index.cards.card(int(index.story[place.row])).id,
                matched_terms=None if explained is None else explained.of(place.row),
            )
        )
    return shown


def shown_score(place: Recommendation) -> float:
    """The score that a reader sees."""
    return round(place.score, 6)


class Explanation:
    """The words that others share with one article, which is made ready once for all of them."""

    def __init__(self, model: Model, source: int) -> None:
        self._model = model
        self._text = SourceText.of(model.analyzer, model.index.article(source))
        self._vector = model.index.vector(source)

    def of(self, row: int) -> list[MatchedTerm]:
        """What the article of this row shares with the source."""
        model, index = self._model, self._model.index
        other, vector = index.article(row), index.vector(row)
        return matched_terms(model.analyzer, model.tfidf, self._text, other, self._vector, vector)
