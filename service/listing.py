"""Listing: the articles chosen for a list become an answer, kept for as long as it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import Scope

from models.answers import ListName, StandingName
from models.article import format_time, from_microseconds
from models.candidates import Query, Reason, Recommendation
from service.caching import ALWAYS, Answer, Listed, Period
from service.deadline import Deadline
from service.dependencies import Context
from service.schemas import Asked, StandingParameters
from service.snapshot import Snapshot

FALLBACKS = {"latest": Reason.LATEST, "section": Reason.SECTION}
BY_READERS = frozenset((ListName.ALSO_LIKE, StandingName.MOST_READ, StandingName.TRENDING))
NO_STORE = "no-store"
_NAMES = {reason: name for name, reason in FALLBACKS.items()}


@dataclass(frozen=True, slots=True)
class Listing:
    """Which list was asked for, and what of it.

    Attributes:
        source_id, source: the article beside which it stands, as it was asked for, and its row; None where
            it stands beside none.
        explain: whether the words shared with the source are shown.
    """

    name: ListName | StandingName
    source_id: str | None
    source: int | None
    query: Query
    explain: bool = False


def answer(
    scope: Scope,
    listing: Listing,
    places: Sequence[Recommendation],
    found: int,
    parameters: StandingParameters,
    period: Period,
    context: Context,
    snapshot: Snapshot,
    deadline: Deadline,
) -> Answer:
    """The answer to a request for a list, of which the first ``found`` places are its own and the rest made it full."""
    degraded = is_degraded(listing.query, len(places), deadline, snapshot)
    body = written(snapshot, listing, places, found, parameters, degraded=degraded)
    listed = Listed(listing.name, len(places), _used(places, found), degraded)
    by_readers = listing.name in BY_READERS
    return kept(scope, body, listed, parameters, period, context, snapshot, by_readers=by_readers)


def written(
    snapshot: Snapshot,
    listing: Listing,
    places: Sequence[Recommendation],
    found: int,
    parameters: StandingParameters,
    duplicates: Sequence[int] | None = None,
    *,
    degraded: bool = False,
) -> bytes:
    """The body of an answer; ``duplicates`` are rows that say what a draft says."""
    renderer = snapshot.renderer
    items = renderer.items(places, listing.source, listing.explain, parameters.shown)
    return renderer.answer(
        request_id=_name(listing, snapshot.version, parameters.fallback, items),
        name=listing.name,
        source_id=listing.source_id,
        as_of=format_time(from_microseconds(listing.query.as_of)),
        items=items,
        fallback=_used(places, found),
        duplicates=None if duplicates is None else renderer.duplicates(duplicates),
        degraded=degraded,
    )


def _used(places: Sequence[Recommendation], found: int) -> str | None:
    """The fallback that made a list full, if one did."""
    added = (_NAMES[place.reason] for place in places if place.reason in _NAMES)
    return next(added, None) if len(places) > found else None


def kept(
    scope: Scope,
    body: bytes,
    listed: Listed,
    parameters: Asked,
    period: Period,
    context: Context,
    snapshot: Snapshot,
    *,
    by_readers: bool,
) -> Answer:
    """The answer of a body to a request, remembered for as long as it holds; one that is degraded is kept by nobody."""
    if listed.degraded:
        return Answer(body, NO_STORE, listed)
    made = Answer(body, context.settings.cache_control, listed)
    # what is of the past stays as it is, unless a rule takes something down; so does what is of a moment that has come
    stays = not parameters.is_of_now(period.since) and not snapshot.model.recommender.editorial
    answers = snapshot.answers_by_readers if by_readers else snapshot.answers
    return answers.keep(scope, made, ALWAYS if stays else period)


def is_degraded(query: Query, count: int, deadline: Deadline, snapshot: Snapshot) -> bool:
    """Whether a list of so many articles may be shorter than it could be: there was no time to look any farther."""
    archive = snapshot.index.trained.archive
    return deadline.missed or (count < query.limit and archive.wanted and not archive.ready)


def _name(listing: Listing, version: str, fallback: str, items: str) -> str:
    """The name of an answer: equal answers to equal questions have equal names."""
    query = listing.query
    asked = (
        query.as_of,
        query.limit,
        query.section,
        query.exclude_section,
        query.since,
        query.until,
        sorted(query.exclude),
        query.min_score,
        query.diversity,
    )
    return name_of(str(listing.name), listing.source_id, version, asked, fallback, listing.explain, items)


def name_of(*asked: object) -> str:
    """A name for an answer, by all that it was asked for and made from."""
    return hashlib.blake2b(repr(asked).encode(), digest_size=12).hexdigest()
