"""Answers: a list by its name, with what a reader sees of each article; for service and command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.article import format_time
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


class ListName(StrEnum):
    """The lists of an article, by the names used in paths and commands."""

    RELATED = "related"
    ALSO_LIKE = "also-like"


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
    text = vector = None
    if explain and source is not None:
        text, vector = SourceText.of(model.analyzer, index.article(source)), index.vector(source)
    shown = []
    for place in recommendations:
        article = index.article(place.row)
        matched = None
        if text is not None and vector is not None:
            matched = matched_terms(model.analyzer, model.tfidf, text, article, vector, index.vector(place.row))
        shown.append(
            Item(
                id=article.id,
                rank=place.rank,
                score=round(place.score, 6),
                reason=place.reason,
                title=article.title,
                url=article.url,
                section=article.section,
                published_at=None if article.published_at is None else format_time(article.published_at),
                image_url=article.image_url,
                source=article.source,
                story_id=index.article(int(index.story[place.row])).id,
                matched_terms=matched,
            )
        )
    return shown
