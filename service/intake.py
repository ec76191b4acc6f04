"""Intake: a batch of readers' events, as it was sent, becomes what may be written down, and what to say of the rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from models.article import EPOCH, MAX_ID_LENGTH, MICROSECOND
from models.interaction import Act, Interaction
from models.popularity import BUCKET, ReadingRules

AHEAD = 60_000_000  # microseconds by which the clock of a sender may be fast
LONGEST_READER = 512

_ACTS = {act.value: act for act in Act}

Id = Annotated[
    str, Field(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$", coerce_numbers_to_str=True)
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a reader did."""

    type: Literal["impression", "click", "read"]
    article_id: Annotated[Id, Field(description="the article that was seen in a list, clicked on there, or read")]
    source_id: Annotated[Id | None, Field(description="the article on whose page it was")] = None
    request_id: Annotated[
        str | None, Field(max_length=64, description="that of the answer in which the article stood")
    ] = None
    position: Annotated[int | None, Field(ge=1, le=1000, description="its rank there")] = None
    reader: Annotated[
        str | None,
        Field(
            max_length=LONGEST_READER,
            coerce_numbers_to_str=True,
            description="any id of the reader that stays the same for some days; only a keyed hash of it is kept",
        ),
    ] = None
    at: Annotated[datetime | None, Field(description="when it was; without it, now")] = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Events, in any order."""

    events: list[Event]


BATCH = TypeAdapter(Batch)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not taken; ``event`` is its place in the batch, from 0."""

    event: int
    reason: Literal["invalid", "future", "too-old"]
    msg: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What may be written down of a batch, and what may not."""

    interactions: list[Interaction]
    refusals: list[Refusal]

    def answer(self) -> dict[str, Any]:
        """What to say of it: the members of :class:`EventsTaken`."""
        return {
            "taken": len(self.interactions),
            "refused": len(self.refusals),
            "reasons": dict(sorted(Counter(refusal.reason for refusal in self.refusals).items())),
            "refusals": [asdict(refusal) for refusal in self.refusals],
        }


class EventsTaken(BaseModel):
    """How many events were taken, and which were not and why."""

    taken: int = Field(examples=[2])
    refused: int = Field(examples=[0])
    reasons: dict[str, int] = Field(description="how many were refused for each reason", examples=[{"too-old": 1}])
    refusals: list[Refusal]


def take(body: bytes, most: int, now: int, rules: ReadingRules, name: Callable[[str], int]) -> Taken:
    """The events of a request's body, of which those that are none are left out.

    ``name`` makes a keyed hash of a reader's id; nothing else of it is kept.

    Raises:
        RequestValidationError: the body is no batch, or holds more than ``most`` events.
    """
    events, places, refusals = _read(body, most)
    oldest = rules.first_counted(now) * BUCKET
    interactions = []
    for place, event in zip(places, events, strict=True):
        at, reader = now, event.reader
        if (moment := event.at) is not None:
            at = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND
            if at > now + AHEAD:
                refusals.append(Refusal(event=place, reason="future", msg="at lies in the future"))
                continue
            if at < oldest:
                msg = f"at lies more than {rules.retention_days:g} days back"
                refusals.append(Refusal(event=place, reason="too-old", msg=msg))
                continue
            at = min(at, now)
        interactions.append(
            Interaction(
                _ACTS[event.type],
                event.article_id,
                at,
                name(reader) if reader else None,
                event.source_id,
                event.request_id,
                event.position,
            )
        )
    return Taken(interactions, sorted(refusals, key=lambda refusal: refusal.event))


def _read(body: bytes, most: int) -> tuple[list[Event], range | list[int], list[Refusal]]:
    """The valid events, their places in the batch, and the refusals of the others."""
    try:
        events, wrong = BATCH.validate_json(body).events, {}
    except ValidationError as error:
        wrong = _told(error)
        events = json.loads(body)["events"]
    if len(events) > most:
        raise _refused(("body", "events"), f"a request holds {most} events at most, not {len(events)}")
    if not wrong:
        return events, range(len(events)), []
    places = [place for place in range(len(events)) if place not in wrong]
    valid = BATCH.validate_json(json.dumps({"events": [events[place] for place in places]})).events
    return valid, places, [Refusal(event=place, reason="invalid", msg=msg) for place, msg in wrong.items()]


def _told(error: ValidationError) -> dict[int, str]:
    """What is wrong with which event, of a batch that is one otherwise."""
    wrong: dict[int, str] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        match one["loc"]:
            case ("events", int(place), *where):
                wrong.setdefault(place, f"{'.'.join(map(str, where)) or 'event'}: {one['msg']}")
            case where:
                raise _refused(("body", *where), one["msg"]) from None
    return wrong


def _refused(where: tuple[Any, ...], msg: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": where, "msg": msg}])
