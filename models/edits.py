"""Edits: what the editorial rules in effect mean for one list of one page, in the rows of an index.

What a rule names is looked up when it is first needed; a name that the index does not know has no effect.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.editorial import OF_ARTICLES, EditorialRules, Rule, RuleType
from models.index import ArticleIndex
from models.tfidf import Float32Array, Int32Array

SHEETS = 64  # pairs of a list and a state of the rules that are kept ready

_NO_ROWS = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Edits:
    """What the rules in effect mean for one list of one page, in rows and section numbers of an index.

    Attributes:
        silent: the list stays empty, with any fallback.
        barred_rows, barred_sections: what the list must not show, int32.
        factors, section_factors: row or section number → factor of its score.
        pins: (position, row), by position, then by the id of the rule.
    """

    silent: bool = False
    barred_rows: Int32Array = field(default_factory=lambda: _NO_ROWS)
    barred_sections: Int32Array = field(default_factory=lambda: _NO_ROWS)
    factors: Mapping[int, float] = field(default_factory=dict)
    section_factors: Mapping[int, float] = field(default_factory=dict)
    pins: tuple[tuple[int, int], ...] = ()

    def allowed(self, index: ArticleIndex, rows: Int32Array) -> NDArray[np.bool_] | None:
        """Which rows no rule bars, bool (n,); None: all are allowed."""
        mask: NDArray[np.bool_] | None = None
        if len(self.barred_rows):
            mask = ~np.isin(rows, self.barred_rows)
        if len(self.barred_sections):
            outside = ~np.isin(index.section[rows], self.barred_sections)
            mask = outside if mask is None else mask & outside
        return mask

    # score = score · product of the factors of all boosts of the article and of its section
    def boosts(self, index: ArticleIndex, rows: Int32Array) -> Float32Array | None:
        """The factor of each row's score, float32 (n,); None: nothing is boosted."""
        if not self.factors and not self.section_factors:
            return None
        sections = index.section[rows].tolist()
        products = [
            self.factors.get(row, 1.0) * self.section_factors.get(section, 1.0)
            for row, section in zip(rows.tolist(), sections, strict=True)
        ]
        return np.array(products, dtype=np.float32)


NO_EDITS = Edits()


@dataclass(slots=True)
class _Marks:
    """What some rules mean, gathered."""

    silent: bool = False
    rows: list[int] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)
    factors: dict[int, float] = field(default_factory=dict)
    section_factors: dict[int, float] = field(default_factory=dict)
    pins: list[tuple[int, str, int]] = field(default_factory=list)

    def bar(self, target: _Named) -> None:
        (self.rows if target.is_row else self.sections).append(target.number)

    def boost(self, target: _Named, factor: float) -> None:
        factors = self.factors if target.is_row else self.section_factors
        factors[target.number] = factors.get(target.number, 1.0) * factor

    def joined(self, others: Iterable[_Marks]) -> _Marks:
        marks = _Marks(self.silent, [*self.rows], [*self.sections], {**self.factors}, {**self.section_factors})
        marks.pins = [*self.pins]
        for other in others:
            marks.silent |= other.silent
            marks.rows += other.rows
            marks.sections += other.sections
            for is_row, factors in ((True, other.factors), (False, other.section_factors)):
                for number, factor in factors.items():
                    marks.boost(_Named(number, is_row), factor)
            marks.pins += other.pins
        return marks

    def edits(self) -> Edits:
        return Edits(
            self.silent,
            np.array(sorted(set(self.rows)), dtype=np.int32),
            np.array(sorted(set(self.sections)), dtype=np.int32),
            self.factors,
            self.section_factors,
            tuple((position, row) for position, _, row in sorted(self.pins)),
        )


class _Named(NamedTuple):
    """An article or a section that the index knows: a row, or the number of a section."""

    number: int
    is_row: bool


class _Sheet:
    """The rules in effect for one list, sorted by the pages that they are about."""

    def __init__(self, index: ArticleIndex, rules: Iterable[Rule], name: str) -> None:
        self._index = index
        self._everywhere = _Marks()
        self._pages: dict[_Named, _Marks] = {}
        for rule in rules:
            if rule.lists is None or name in rule.lists:
                self._add(rule, name)
        self._of_most = self._everywhere.edits()

    def edits(self, source: int | None) -> Edits:
        """What the rules mean on the page of a row, or on none."""
        if source is None or not self._pages:
            return self._of_most
        names = (_Named(source, is_row=True), _Named(int(self._index.section[source]), is_row=False))
        found = [self._pages[name] for name in names if name in self._pages]
        return self._everywhere.joined(found).edits() if found else self._of_most

    def _add(self, rule: Rule, name: str) -> None:
        target = self._named(rule.article_id, rule.section)
        source = self._named(rule.source_id, rule.source_section)
        if (rule.has_target and target is None) or (rule.has_source and source is None):
            return
        page = self._everywhere if source is None else self._page(source)
        if target is None:
            page.silent |= rule.lists is not None or name in OF_ARTICLES
        elif rule.type is RuleType.PIN:
            page.pins.append((rule.position or 1, rule.id, target.number))
        elif rule.type is RuleType.BOOST:
            page.boost(target, 1.0 if rule.factor is None else rule.factor)
        else:
            page.bar(target)
            if rule.type is RuleType.SUPPRESS and source is not None:
                self._page(target).bar(source)

    def _page(self, source: _Named) -> _Marks:
        return self._pages.setdefault(source, _Marks())

    def _named(self, article_id: str | None, section: str | None) -> _Named | None:
        if article_id is not None:
            row = self._index.find(article_id)
            return None if row is None else _Named(row, is_row=True)
        number = None if section is None else self._index.section_number.get(section)
        return None if number is None else _Named(number, is_row=False)


class Desk:
    """The rules made ready for one index; ids are looked up once for each list and state of the rules."""

    def __init__(self, index: ArticleIndex, editorial: EditorialRules) -> None:
        self._index = index
        self._editorial = editorial
        self._sheets: OrderedDict[tuple[str, int, int], _Sheet] = OrderedDict()

    def edits(self, name: str, source: int | None, as_of: int, now: int) -> Edits:
        """What the rules mean for a list as of a moment, asked for now, on the page of a row or on none."""
        editorial = self._editorial
        key = (name, editorial.state(as_of), editorial.state(now))
        sheet = self._sheets.get(key)
        if sheet is None:
            sheet = self._sheets[key] = _Sheet(self._index, editorial.in_effect(as_of, now), name)
            if len(self._sheets) > SHEETS:
                self._sheets.popitem(last=False)
        return sheet.edits(source)
