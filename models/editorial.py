"""Editorial rules: what editors pin, ban, boost and suppress, when, and why.

Rules name articles by id and sections by name, so that they may come before what they name. A rule means the
article that it names, not the copies of it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from models.article import MAX_ID_LENGTH, format_time, from_microseconds, parse_time, to_microseconds
from models.candidates import MAX_LIMIT
from models.errors import RuleRefused
from models.tfidf import Int64Array

MAX_FACTOR = 10.0
MAX_NOTE = 2000  # characters


class RuleType(StrEnum):
    """What a rule does."""

    PIN = "pin"
    BAN = "ban"
    BOOST = "boost"
    SUPPRESS = "suppress"


class RuledList(StrEnum):
    """The lists that rules may name."""

    RELATED = "related"
    ALSO_LIKE = "also-like"
    LATEST = "latest"
    MOST_READ = "most-read"
    TRENDING = "trending"


# a page's own lists; the others say nothing of the page that they stand on
OF_ARTICLES = frozenset({RuledList.RELATED, RuledList.ALSO_LIKE})


@dataclass(frozen=True, slots=True)
class Rule:
    """One editorial decision.

    Attributes:
        id: 1 to 128 characters without control characters.
        article_id, section: the target: an article, or all of a section.
        source_id, source_section: on whose page; neither: everywhere.
        lists: in which lists; None: in all. Of a suppression without a target: in «related» and «also-like».
        position: of a pin, 1 to 50.
        factor: of a boost, 0 to 10; above 1 raises, below 1 lowers.
        since, until: in effect from ``since`` on and before ``until``, microseconds since 1970; None: without end.
        note: why; for editors alone.

    Raises:
        RuleRefused: names the member that is missing, or that the type of rule has no use for.
    """

    id: str
    type: RuleType
    article_id: str | None = None
    section: str | None = None
    source_id: str | None = None
    source_section: str | None = None
    lists: frozenset[RuledList] | None = None
    position: int | None = None
    factor: float | None = None
    since: int | None = None
    until: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        self._check_names()
        self._check_target()
        self._check_numbers()

    def _check_names(self) -> None:
        if not 1 <= len(self.id) <= MAX_ID_LENGTH or "Cc" in map(unicodedata.category, self.id):
            raise RuleRefused("id", f"is not 1 to {MAX_ID_LENGTH} characters without control characters")
        for name in ("article_id", "section", "source_id", "source_section"):
            if getattr(self, name) == "":
                raise RuleRefused(name, "is empty; leave it out instead")
        if self.lists is not None and not self.lists:
            raise RuleRefused("lists", "names no list; leave it out for all lists")
        if len(self.note) > MAX_NOTE:
            raise RuleRefused("note", f"has {len(self.note)} characters; {MAX_NOTE} are allowed")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise RuleRefused("validity", "ends before it begins")

    def _check_target(self) -> None:
        if self.article_id is not None and self.section is not None:
            raise RuleRefused("section", "stands beside article_id; a rule has one target")
        if self.source_id is not None and self.source_section is not None:
            raise RuleRefused("source_section", "stands beside source_id; a rule is about the pages of one of them")
        if self.type is RuleType.PIN and self.article_id is None:
            raise RuleRefused("article_id", "is missing: a pin names the article that it shows")
        if self.type in {RuleType.BAN, RuleType.BOOST} and not self.has_target:
            raise RuleRefused("article_id", f"is missing: a {self.type} names an article_id or a section")
        if self.type is RuleType.SUPPRESS and not self.has_target and not self.has_source:
            raise RuleRefused("article_id", "is missing: a suppress names a target, a source, or both")
        if self.article_id is not None and self.article_id == self.source_id:
            raise RuleRefused("source_id", "is the article_id: no page shows its own article in any case")

    def _check_numbers(self) -> None:
        if (self.position is not None) != (self.type is RuleType.PIN):
            raise RuleRefused("position", "belongs to a pin, which has one")
        if self.position is not None and not 1 <= self.position <= MAX_LIMIT:
            raise RuleRefused("position", f"is {self.position}; it goes from 1 to {MAX_LIMIT}")
        if (self.factor is not None) != (self.type is RuleType.BOOST):
            raise RuleRefused("factor", "belongs to a boost, which has one")
        if self.factor is not None and not 0 <= self.factor <= MAX_FACTOR:
            raise RuleRefused("factor", f"is {self.factor}; it goes from 0 to {MAX_FACTOR:g}")

    @property
    def has_target(self) -> bool:
        """Whether the rule names what to show or not to show."""
        return self.article_id is not None or self.section is not None

    @property
    def has_source(self) -> bool:
        """Whether the rule is about some pages only."""
        return self.source_id is not None or self.source_section is not None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Rule:
        """Read a rule out of a record as :meth:`to_record` gives it; a pin without a position is the first.

        Raises:
            RuleRefused: when it is no rule.
        """
        try:
            kind = RuleType(record["type"])
            validity = record.get("validity") or {}
            lists = record.get("lists")
            return cls(
                id=record["id"],
                type=kind,
                article_id=record.get("article_id"),
                section=record.get("section"),
                source_id=record.get("source_id"),
                source_section=record.get("source_section"),
                lists=None if lists is None else frozenset(map(RuledList, lists)),
                position=record.get("position", 1 if kind is RuleType.PIN else None),
                factor=record.get("factor"),
                since=_moment(validity.get("from")),
                until=_moment(validity.get("until")),
                note=record.get("note", ""),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RuleRefused("type", f"or another member cannot be read: {error!r}") from error

    def to_record(self) -> dict[str, Any]:
        """The rule as a record: members without a value are left out, times are RFC 3339 in UTC."""
        validity = {"from": self.since, "until": self.until}
        record = {
            "id": self.id,
            "type": self.type.value,
            "article_id": self.article_id,
            "section": self.section,
            "source_id": self.source_id,
            "source_section": self.source_section,
            "lists": None if self.lists is None else sorted(self.lists),
            "position": self.position,
            "factor": self.factor,
            "validity": {name: format_time(from_microseconds(at)) for name, at in validity.items() if at is not None},
            "note": self.note,
        }
        return {name: value for name, value in record.items() if value is not None and value not in ("", {})}

    @classmethod
    def from_json(cls, text: str) -> Rule:
        """Read the text that :meth:`to_json` writes.

        Raises:
            RuleRefused: when it is no rule.
        """
        try:
            record = json.loads(text)
        except ValueError as error:
            raise RuleRefused("type", f"cannot be read: {error}") from error
        return cls.from_record(record if isinstance(record, dict) else {})

    def to_json(self) -> str:
        """The record as JSON in one line."""
        return json.dumps(self.to_record(), ensure_ascii=False)

    def is_active(self, at: int) -> bool:
        """Whether the rule is in effect at a moment, microseconds."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


def _moment(text: str | None) -> int | None:
    return None if text is None else to_microseconds(parse_time(text))


class StoredRule(NamedTuple):
    """A rule with the change that stored it: its place in the journal, when (microseconds), by which key."""

    rule: Rule
    seq: int
    changed_at: int
    key_id: str | None


@dataclass(frozen=True)
class EditorialRules:
    """All rules of a snapshot, frozen: a change gives others.

    Attributes:
        stored: the rules by their ids.
    """

    stored: Mapping[str, StoredRule] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.stored)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> EditorialRules:
        """Rules that no journal knows."""
        return cls({rule.id: StoredRule(rule, 0, 0, None) for rule in rules})

    def with_rule(self, rule: Rule, seq: int = 0, changed_at: int = 0, key_id: str | None = None) -> EditorialRules:
        """These rules and another, which replaces the one of its id."""
        return EditorialRules({**self.stored, rule.id: StoredRule(rule, seq, changed_at, key_id)})

    def without(self, rule_id: str) -> EditorialRules:
        """These rules but one; itself when there is none of this id."""
        if rule_id not in self.stored:
            return self
        return EditorialRules({key: kept for key, kept in self.stored.items() if key != rule_id})

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules by id, ascending: the order in which pins of one position are placed."""
        return tuple(self.stored[key].rule for key in sorted(self.stored))

    def active(self, at: int) -> tuple[Rule, ...]:
        """The rules in effect at a moment, by id."""
        return tuple(rule for rule in self.rules if rule.is_active(at))

    def in_effect(self, as_of: int, now: int) -> tuple[Rule, ...]:
        """The rules for a list as of a moment that is asked for now, by id.

        Those in effect at that moment, and the bans and suppressions in effect now: what was taken down since
        is not to be had by asking for the past.
        """
        taking_away = {RuleType.BAN, RuleType.SUPPRESS}
        return tuple(
            rule for rule in self.rules if rule.is_active(as_of) or (rule.type in taking_away and rule.is_active(now))
        )

    @cached_property
    def turns(self) -> Int64Array:
        """The moments at which some rule begins or ends, ascending, int64 (t,): lists may change there."""
        moments = {at for rule in self.rules for at in (rule.since, rule.until) if at is not None}
        return np.array(sorted(moments), dtype=np.int64)

    def state(self, at: int) -> int:
        """A number for each span between turns: equal for moments with the same rules in effect."""
        return int(np.searchsorted(self.turns, at, side="right"))
