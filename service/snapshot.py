"""Snapshot: everything an answer is made from, frozen, with the answers that were made from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from models.article import Article
from models.artifact import Model
from models.editorial import Rule
from models.errors import RecordError, RuleRefused
from models.index import NEVER
from models.interaction import from_payload
from models.live import LiveIndex
from models.tfidf import Int64Array
from service.caching import Answers, Period
from service.journal import Entry, Kind
from service.rendering import Cards, Renderer

log = logging.getLogger("silah.snapshot")

TICK = 60_000_000  # microseconds: freshness moves slowly, so equal answers may stay equal this long


@dataclass(frozen=True)
class Snapshot:
    """One model version as served, and what changed since it was trained.

    Attributes:
        seq: the newest entry of the journal that is in it.
        answers: those of this snapshot: another one, swapped in, begins with none.
        answers_by_readers: likewise, those that depend on what readers did, which changes all the time.
        cards: see :class:`Renderer`; shared by all snapshots of a version.
    """

    model: Model
    seq: int = 0
    answers: Answers = field(default_factory=lambda: Answers(0))
    answers_by_readers: Answers = field(default_factory=lambda: Answers(0))
    cards: Cards = field(default_factory=dict)

    @property
    def version(self) -> str:
        return self.model.manifest.version

    @property
    def index(self) -> LiveIndex:
        """The articles."""
        index = self.model.index
        assert isinstance(index, LiveIndex)
        return index

    @cached_property
    def renderer(self) -> Renderer:
        """What writes its lists."""
        return Renderer(self.model, self.cards)

    def apply(self, entries: Iterable[Entry], seq: int) -> Snapshot:
        """With what the entries say, all of those up to ``seq`` being in it then.

        What cannot be read is passed over with a line in the log: it must not keep out what follows.
        """
        recommender = self.model.recommender
        articles: dict[str, Article | None] = {}
        editorial, events, at = recommender.editorial, [], 0
        for entry in entries:
            at = entry.at
            try:
                match entry.kind:
                    case Kind.ARTICLE if entry.payload is not None:  # else it was deleted later
                        articles[entry.subject] = Article.from_record(json.loads(entry.payload))
                    case Kind.DELETION:
                        articles[entry.subject] = None
                    case Kind.RULE:
                        rule = Rule.from_json(entry.payload or "")
                        editorial = editorial.with_rule(rule, entry.seq, entry.at, entry.key_id)
                    case Kind.RULE_DELETION:
                        editorial = editorial.without(entry.subject)
                    case Kind.EVENTS:
                        events.extend(from_payload(entry.payload or ""))
            except (ValueError, TypeError, AttributeError, LookupError, RecordError, RuleRefused) as error:
                named = type(error).__name__  # what the error says may repeat a text or a note
                log.error("entry passed over", extra={"seq": entry.seq, "kind": entry.kind, "problem": named})
        changed: dict[str, Any] = {}
        index = self.index.with_changes(articles)
        if index is not self.index:
            changed["index"] = index
        if editorial is not recommender.editorial:
            changed["editorial"] = editorial
        if events and recommender.popularity is not None:
            # what is too old to count is forgotten by the journal's time: the same everywhere
            changed["popularity"] = recommender.popularity.with_interactions(events).kept_from(at)
        return self._with(changed, seq)

    def _with(self, changed: Mapping[str, Any], seq: int) -> Snapshot:
        """With other parts of the recommender; answers stay for which none of them counts."""
        if not changed:
            return self if seq == self.seq else replace(self, seq=seq)
        model = replace(self.model, recommender=replace(self.model.recommender, **changed))
        answers = self.answers if changed.keys() == {"popularity"} else self.answers.anew()
        return replace(self, model=model, seq=seq, answers=answers, answers_by_readers=self.answers_by_readers.anew())

    def beside(self, current: Snapshot) -> Snapshot:
        """With what another one knows that is not of a version."""
        known = current.model.recommender
        return self._with({"editorial": known.editorial, "popularity": known.popularity}, self.seq)

    def period(self, now: int) -> Period:
        """The time around a moment, microseconds, in which lists of now stay as they are.

        It begins at the last full minute, or at the last moment since at which an article appeared or
        expired or a rule began or ended, and ends at the next. Lists of now are made for its beginning: within
        it the same question gets the same bytes; at its end they change at once.
        """
        return self._periods.around(now)

    @cached_property
    def _periods(self) -> _Periods:
        turns, of_rules = self.model.index.turns, self.model.recommender.editorial.turns
        return _Periods(np.insert(turns, np.searchsorted(turns, of_rules), of_rules) if len(of_rules) else turns)

    def moment(self, now: int) -> int:
        """The moment that lists of now are made for, microseconds."""
        return self.period(now).since


class _Periods:
    """The periods between turns and full minutes; remembers the one found last, which most moments are in."""

    def __init__(self, turns: Int64Array) -> None:
        self._turns = turns
        self._last = Period(0, 0)

    def around(self, now: int) -> Period:
        if not self._last.since <= now < self._last.until:
            turns = self._turns
            passed = int(np.searchsorted(turns, now, side="right"))
            minute = now - now % TICK
            last = int(turns[passed - 1]) if passed else minute
            following = int(turns[passed]) if passed < len(turns) else NEVER
            self._last = Period(max(minute, last), min(minute + TICK, following))
        return self._last
