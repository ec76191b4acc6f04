"""The gate: a version goes into service only when its lists are no worse than those in service.

What is compared are the articles that both versions hold, asked of both at the same moments and with
the same texts: an archive that grew, or lost what was easy, changes nothing. A figure has fallen when

- its mean is lower by more than the margin, a share of the mean before, and
- chance does not explain it: the 95 % interval of the paired differences lies below 0.

A floor holds whether or not something is in service; so do the promises of every list, which nothing overrides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.artifact import Manifest, load, load_recommender, read_manifest
from models.errors import AnalyzerMismatch, ModelError
from models.registry import Registry
from training.config import GateRules
from training.evaluation.figures import Figure, Values, estimate
from training.evaluation.protocol import (
    PROMISES,
    QUICK_TEXTS,
    Subject,
    ask_in_time,
    common_rows,
    linked_stories,
    list_values,
    own_text_values,
    sample,
)
from training.evaluation.texts import Document

LISTS = 500  # articles whose lists are compared


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of both versions on the articles that both have.

    Attributes:
        before, after: of the version in service and of the new one; None when there is nothing to find.
        difference: of the pairs, after - before.
        passed: whether it fell no more than it may.
    """

    figure: str
    before: float | None
    after: float | None
    difference: Figure
    margin: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found.

    Attributes:
        passed: whether the version may go into service.
        against: the version in service that it was compared with, None when there was none to compare with.
        common: articles that both have.
        compared: the figures of both.
        failed: the figures that refuse it; ``reasons``: a sentence for each.
        broken: whether a promise is broken, which nothing overrides.
    """

    passed: bool = True
    against: str | None = None
    common: int = 0
    compared: tuple[Compared, ...] = ()
    failed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    broken: bool = False


def judge(rules: GateRules, subject: Subject, figures: Mapping[str, Figure], registry: Registry) -> Verdict:
    """Judge a new version by its figures and beside the version in service."""
    failures = _broken(figures)
    broken = bool(failures)
    failures |= _below(rules, figures)
    against = _in_service(registry)
    if against is None:
        return Verdict(not failures, None, 0, (), tuple(failures), tuple(failures.values()), broken)
    manifest, earlier = against
    common, compared = compare(rules, subject, earlier)
    for one in compared:
        if not one.passed:
            failures.setdefault(one.figure, _fall(one))
    return Verdict(not failures, manifest.version, common, compared, tuple(failures), tuple(failures.values()), broken)


def promised(figures: Mapping[str, Figure], against: str) -> Verdict:
    """Judge an updated version by the promises of its lists alone, see :mod:`training.update`."""
    failures = _broken(figures)
    return Verdict(not failures, against, 0, (), tuple(failures), tuple(failures.values()), bool(failures))


def compare(rules: GateRules, subject: Subject, earlier: Subject) -> tuple[int, tuple[Compared, ...]]:
    """The gated figures of two versions on the articles common to both; how many those are."""
    pairs = common_rows(subject.index, earlier.index)
    if not len(pairs):
        return 0, ()
    after, before = _values(subject, earlier, pairs)
    return len(pairs), tuple(
        _compared(name, before[name], after[name], rules.margins.get(name, rules.margin)) for name in rules.figures
    )


def _values(subject: Subject, earlier: Subject, pairs: np.ndarray) -> tuple[dict[str, Values], dict[str, Values]]:
    """One value a common article for each figure, of the new version and of the earlier one."""
    asked = pairs[sample(len(pairs), LISTS)]
    rows = pairs[sample(len(pairs), QUICK_TEXTS), 0].tolist()
    texts = []
    if subject.text is not None and earlier.text is not None:  # cleaned once, so that both rank the same words
        texts = [Document.of(subject.index.article(row), subject.text[0]) for row in rows]
    values = []
    for one, side in ((subject, 0), (earlier, 1)):
        in_time = ask_in_time(one.recommender, asked[:, side].tolist())
        linked = linked_stories(one.index, asked[:, side].tolist())
        own = own_text_values(one.text if texts else None, texts)
        values.append({**list_values(one.index, in_time, linked), **own})
    return values[0], values[1]


def _compared(figure: str, before: Values, after: Values, margin: float) -> Compared:
    differences = after - before  # nan where either finds nothing to find
    both = ~np.isnan(differences)
    if not both.any():
        return Compared(figure, None, None, estimate(differences), margin, passed=True)
    was, now = float(before[both].mean()), float(after[both].mean())
    difference = estimate(differences)
    fell = now < was * (1 - margin) and difference.high is not None and difference.high < 0
    return Compared(figure, was, now, difference, margin, not fell)


def _in_service(registry: Registry) -> tuple[Manifest, Subject] | None:
    """The version in service; None where there is none that can be read."""
    version = registry.current()
    if version is None:
        return None
    try:
        folder = registry.folder(version)
        try:
            model = load(folder)
        except AnalyzerMismatch:  # another release made it: its lists stand, its texts cannot be cut again
            manifest = read_manifest(folder)
            return manifest, Subject(load_recommender(folder, manifest), None)
    except ModelError:
        return None
    return model.manifest, Subject(model.recommender, (model.analyzer, model.tfidf))


def _broken(figures: Mapping[str, Figure]) -> dict[str, str]:
    return {
        name: f"{name} is {figures[name].value:.0f}, it must be 0 in every version"
        for name in PROMISES
        if figures[name].value
    }


def _below(rules: GateRules, figures: Mapping[str, Figure]) -> dict[str, str]:
    found = {name: figures[name].value for name in rules.floors}
    return {
        name: f"{name} is {value:.3f}, below its floor of {rules.floors[name]:.3f}"
        for name, value in found.items()
        if value is not None and value < rules.floors[name]
    }


def _fall(one: Compared) -> str:
    assert one.before is not None
    assert one.after is not None
    lost = 1 - one.after / one.before
    return f"{one.figure} fell from {one.before:.3f} to {one.after:.3f} (by {lost:.1%}; {one.margin:.1%} is allowed)"
