"""Schemas: what goes in and out over HTTP, as OpenAPI shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from models.answers import Item, ListName, StandingName
from models.article import parse_time, to_microseconds
from models.candidates import MAX_LIMIT, Query
from models.editorial import MAX_FACTOR, MAX_NOTE, Rule, RuledList, RuleType
from models.errors import RuleRefused

_AGE = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPACE_FOR_PLUS = re.compile(r"(:\d\d(?:[.,]\d+)?) (?=\d\d(?::?\d\d)?$)")  # behind a clock, not before it


def _read_time(value: object) -> object:
    """A time as it stands in a query string, where an unencoded ``+`` arrives as a space."""
    return parse_time(_SPACE_FOR_PLUS.sub(r"\1+", value)) if isinstance(value, str) else value


def _read_age(value: object) -> object:
    if isinstance(value, str):
        match = _AGE.fullmatch(value)
        if match is None:
            raise ValueError("write an age as a number and a unit: 7d, 12h, 90m, 2w")
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    return value


def _read_fields(value: object) -> object:
    """Names of members of an item, with commas between them or the parameter repeated."""
    if isinstance(value, list):
        names = [name.strip() for part in value for name in str(part).split(",")]
        if unknown := [name for name in names if name not in ITEM_FIELDS]:
            raise ValueError(f"an item has no {', '.join(unknown)}; it has {', '.join(ITEM_FIELDS)}")
        return names
    return value


ITEM_FIELDS = tuple(field.name for field in fields(Item))

Fields = Annotated[list[str], BeforeValidator(_read_fields)]
Time = Annotated[datetime, BeforeValidator(_read_time, json_schema_input_type=str)]
Age = Annotated[timedelta, BeforeValidator(_read_age, json_schema_input_type=str)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Asked(BaseModel):
    """What everything that shows articles can be asked for."""

    model_config = ConfigDict(extra="ignore")

    as_of: Time | None = Field(None, description="the list as it was then; a moment to come counts as now")
    exclude: list[str] = Field([], max_length=200, description="ids that must not appear")
    fallback: Literal["latest", "section", "none"] = Field("none", description="what makes a short list full")
    fields: Fields | None = Field(None, description="members of each item, by default all", examples=[["id,title,url"]])

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """Members of an item that are asked for, in their order."""
        asked = set(self.fields or ITEM_FIELDS) - {"matched_terms"}
        return tuple(name for name in ITEM_FIELDS if name in asked)

    def is_of_now(self, moment: int) -> bool:
        """Whether the list asked for at a moment, in microseconds, changes as time goes on."""
        return self.as_of is None or to_microseconds(self.as_of) > moment

    def at(self, moment: int) -> int:
        """The moment that is asked about at a moment, in microseconds: ``as_of``, or now where that is earlier."""
        return moment if self.as_of is None else min(to_microseconds(self.as_of), moment)


class Explained(Asked):
    """What can show why an article stands beside another."""

    explain: bool = Field(False, description="show the words that the articles share")

    @cached_property
    def shown(self) -> tuple[str, ...]:
        asked = set(self.fields or ITEM_FIELDS) - (set() if self.explain else {"matched_terms"})
        return tuple(name for name in ITEM_FIELDS if name in asked)


class PageParameters(Explained):
    """What a whole page can be asked for; how many of what is the layout's."""

    def query(self, moment: int) -> Query:
        """What is asked of all boxes at a moment, in microseconds."""
        return Query(as_of=self.at(moment), asked_at=moment, exclude=frozenset(self.exclude))


class StandingParameters(Asked):
    """What every list can be asked for."""

    limit: int | None = Field(None, ge=1, le=MAX_LIMIT, description="articles wanted; each list has its own default")
    section: str | None = Field(None, description="only this section")
    exclude_section: str | None = Field(None, description="nothing of this section")
    since: Time | None = Field(None, description="published at or after", examples=["2026-11-01T00:00:00Z"])
    until: Time | None = Field(None, description="published at or before", examples=["2026-11-23"])
    max_age: Age | None = Field(None, description="published within this time before `as_of`", examples=["7d", "12h"])

    def query(self, moment: int, default_limit: int) -> Query:
        """The query to ask at a moment, in microseconds."""
        as_of = self.at(moment)
        bounds = [] if self.since is None else [to_microseconds(self.since)]
        if self.max_age is not None:
            bounds.append(as_of - self.max_age // timedelta(microseconds=1))
        return Query(
            as_of=as_of,
            asked_at=moment,
            limit=self.limit or default_limit,
            section=self.section,
            exclude_section=self.exclude_section,
            since=max(bounds, default=None),
            until=None if self.until is None else to_microseconds(self.until),
            exclude=frozenset(self.exclude),
        )


class ListParameters(Explained, StandingParameters):
    """What every list of an article can be asked for."""

    min_score: Share = Field(0.0, description="lowest score shown")
    diversity: Share | None = Field(None, description="0 ranks by score alone, 1 by difference alone")

    def query(self, moment: int, default_limit: int) -> Query:
        asked = super().query(moment, default_limit)
        return replace(asked, min_score=self.min_score, diversity=self.diversity)


@dataclass(frozen=True)
class ModelName:
    """The version that made an answer."""

    version: str
    trained_at: str


@dataclass(frozen=True)
class ListAnswer:
    """A list of articles.

    ``request_id`` names this answer: it is the same for the same snapshot and question, and
    goes with the events that readers send about it. ``fallback`` is the one that was used.
    ``source_id`` is null in the lists of the whole site.
    """

    request_id: str
    list: ListName | StandingName
    source_id: str | None
    as_of: str
    model: ModelName
    items: Sequence[Item]
    fallback: Literal["latest", "section"] | None = None
    degraded: bool = False


@dataclass(frozen=True)
class Duplicate:
    """An article that says what a draft says."""

    id: str
    title: str
    url: str | None
    section: str | None
    published_at: str | None
    source: str | None
    story_id: str


DUPLICATE_FIELDS = tuple(field.name for field in fields(Duplicate))


@dataclass(frozen=True)
class DraftAnswer(ListAnswer):
    """The list of a draft, and what is published already and says the same: copies, and what is alike in wording."""

    duplicates: Sequence[Duplicate] = ()


@dataclass(frozen=True)
class BoxAnswer:
    """A box of a page: there is at least one article in it."""

    name: str
    title: str
    items: Sequence[Item]


@dataclass(frozen=True)
class PageAnswer:
    """The boxes of an article's page that have something in them, in the order of the layout.

    ``request_id`` names this answer as it does that of a list.
    """

    request_id: str
    source_id: str
    as_of: str
    model: ModelName
    boxes: Sequence[BoxAnswer]
    degraded: bool = False


Name = Annotated[str, Field(min_length=1)]


class Validity(BaseModel):
    """When a rule is in effect: from ``from`` on and before ``until``; without one of them, without that end."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)

    since: Time | None = Field(None, alias="from", examples=["2026-11-23T10:00:00Z"])
    until: Time | None = Field(None, examples=["2026-11-24T10:00:00Z"])


class RuleBody(BaseModel):
    """An editorial rule to be stored. What only answers have is passed over, so that a rule may go back as it came."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(None, description="that of the path, or left out")
    type: RuleType
    article_id: Name | None = Field(None, description="the target: an article, which may come later")
    section: Name | None = Field(None, description="the target: all of a section")
    source_id: Name | None = Field(None, description="on the page of this article only")
    source_section: Name | None = Field(None, description="on the pages of this section only")
    lists: list[RuledList] | None = Field(None, min_length=1, description="in these lists only")
    position: int | None = Field(None, ge=1, le=MAX_LIMIT, description="of a pin; 1 unless said otherwise")
    factor: float | None = Field(None, ge=0, le=MAX_FACTOR, allow_inf_nan=False, description="of a boost")
    validity: Validity | None = None
    note: str = Field("", max_length=MAX_NOTE, description="why; for editors alone")

    @model_validator(mode="before")
    @classmethod
    def _without_what_answers_add(cls, value: object) -> object:
        added = {"active", "seq", "changed_at", "key_id"}
        return {name: each for name, each in value.items() if name not in added} if isinstance(value, dict) else value

    def rule(self, rule_id: str) -> Rule:
        """The rule of an id.

        Raises:
            RuleRefused: when members do not go together.
        """
        if self.id not in {None, rule_id}:
            raise RuleRefused("id", f"is not that of the path, {rule_id!r}")
        validity = self.validity or Validity()
        return Rule(
            id=rule_id,
            type=self.type,
            article_id=self.article_id,
            section=self.section,
            source_id=self.source_id,
            source_section=self.source_section,
            lists=None if self.lists is None else frozenset(self.lists),
            position=1 if self.position is None and self.type is RuleType.PIN else self.position,
            factor=self.factor,
            since=None if validity.since is None else to_microseconds(validity.since),
            until=None if validity.until is None else to_microseconds(validity.until),
            note=self.note,
        )


class RuleAnswer(BaseModel):
    """A rule as it is stored; members without a value are left out."""

    id: str = Field(examples=["court-2026-114"])
    type: RuleType
    article_id: str | None = None
    section: str | None = None
    source_id: str | None = None
    source_section: str | None = None
    lists: list[RuledList] | None = None
    position: int | None = None
    factor: float | None = None
    validity: Validity | None = None
    note: str | None = None
    active: bool = Field(description="in effect at the moment of the answer")
    seq: int = Field(description="the change that stored it, in the journal")
    changed_at: str = Field(examples=["2026-11-23T10:00:00Z"])
    key_id: str | None = Field(description="the key that asked for it")


class RulesAnswer(BaseModel):
    """All rules, by id."""

    rules: list[RuleAnswer]


class Version(BaseModel):
    """A model version."""

    version: str
    created_at: str
    current: bool = Field(description="named as the one in service")
    serving: bool = Field(description="loaded by the process that answers")
    counts: dict[str, int]
    metrics: dict[str, float | None]


class Versions(BaseModel):
    """All versions, oldest first."""

    current: str | None
    serving: str | None
    versions: list[Version]


class InService(BaseModel):
    """What is in service after a change: ``serving`` differs where ``current`` cannot be served here."""

    current: str | None = Field(description="named as the one in service", examples=["20261123T100000000Z-1a2b3c"])
    serving: str | None = Field(
        description="loaded by the process that answers", examples=["20261123T100000000Z-1a2b3c"]
    )


class Health(BaseModel):
    """Whether this process can answer, and from which version."""

    status: Literal["live", "ready"]
    model: str | None = None
    articles: int | None = None
    seq: int | None = Field(None, description="the newest entry of the journal that is in effect")
    refused: str | None = Field(None, description="why the version that should be in service is not")
    journal_lost: str | None = Field(
        None, description="why the journal is not followed; what was known stays in effect"
    )
