"""The gate: what is worse stays out, what is as good comes in, and chance refuses nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import artifact
from models.analysis import Analyzer
from models.artifact import Forced, ModelConfig
from models.errors import AnalyzerMismatch
from models.recommenders import ListRules
from models.registry import Registry
from tests.support.newsroom import AFTER_ALL, topic_records, train_into
from training import gate, job
from training.config import COMPARABLE, GateRules
from training.evaluation.figures import Figure
from training.evaluation.protocol import Subject
from training.gate import judge
from training.job import TrainingSummary

# hardly an article is near enough to another one
WORSE = ModelConfig(lists=ListRules(related_min_similarity=0.9))
RULES = GateRules(figures=("coverage_5", "section_match_5", "diversity_also_5"))
# and here hardly one is not
CLOSE = ModelConfig(lists=ListRules(related_min_similarity=0.01))


def retrain(artifacts: Path, records: Iterable[Mapping[str, Any]] | None = None, **plan: Any) -> TrainingSummary:
    return train_into(artifacts, topic_records() if records is None else records, **{"gate": RULES, **plan})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A version in service whose lists are full."""
    retrain(tmp_path / "artifacts", config=CLOSE)
    return tmp_path / "artifacts"


def test_first_version_has_nothing_to_fall_below(tmp_path: Path) -> None:
    summary = retrain(tmp_path / "artifacts", config=WORSE)
    assert summary.published
    assert summary.gate.passed
    assert (summary.gate.against, summary.gate.compared) == (None, ())


def test_version_as_good_goes_into_service(good: Path) -> None:
    before = Registry(good).current()
    summary = retrain(good, config=CLOSE)
    assert summary.published
    assert (summary.gate.against, summary.gate.common) == (before, 25)
    assert [one.figure for one in summary.gate.compared] == list(RULES.figures)
    assert all(one.difference.value == 0 and one.before == one.after for one in summary.gate.compared)


def test_worse_version_is_kept_but_not_in_service(good: Path) -> None:
    registry = Registry(good)
    before = registry.current()
    summary = retrain(good, config=WORSE)
    assert not summary.published
    assert registry.current() == before
    assert registry.names() == [before, summary.version]
    assert summary.gate.failed == ("coverage_5",)
    (reason,) = summary.gate.reasons
    assert reason.startswith("coverage_5 fell from 0.")
    assert "to 0.000 (by 100.0%; 5.0% is allowed)" in reason
    manifest = registry.verify(summary.version)
    assert (manifest.refused, manifest.forced) == (("coverage_5",), None)
    registry.activate(summary.version, AFTER_ALL)
    assert registry.current() == summary.version


def test_forced_version_goes_into_service_and_says_so(good: Path) -> None:
    summary = retrain(good, config=WORSE, force="قوائم قصيرة عن قصد")
    assert summary.published
    assert summary.forced == "قوائم قصيرة عن قصد"
    assert not summary.gate.passed
    manifest = Registry(good).load_current().manifest
    assert manifest.version == summary.version
    assert manifest.forced == Forced("قوائم قصيرة عن قصد", ("coverage_5",))


def test_force_that_was_not_needed_leaves_no_mark(good: Path) -> None:
    summary = retrain(good, config=CLOSE, force="لا حاجة")
    assert summary.published
    assert summary.forced is None
    assert Registry(good).load_current().manifest.forced is None


def test_unpublished_version_is_judged_all_the_same(good: Path) -> None:
    summary = retrain(good, config=WORSE, publish=False, force="لا ينشر")
    assert (summary.published, summary.forced, summary.gate.passed) == (False, None, False)


@pytest.mark.parametrize(
    "rules",
    [
        replace(RULES, margin=1.0),
        replace(RULES, margins={"coverage_5": 1.0}),
        replace(RULES, figures=("section_match_5",)),
        replace(RULES, figures=()),
    ],
    ids=["margin", "margin of one figure", "another figure", "no figure"],
)
def test_what_may_fall_is_configured(good: Path, rules: GateRules) -> None:
    assert retrain(good, config=WORSE, gate=rules).published


def test_floor_holds_for_the_first_version_too(tmp_path: Path) -> None:
    rules = replace(RULES, floors={"coverage_5": 0.9, "links_recall_10": 0.9})
    summary = retrain(tmp_path / "artifacts", config=WORSE, gate=rules)
    assert not summary.published
    assert summary.gate.failed == ("coverage_5",)  # where there is no link, there is nothing to find
    assert summary.gate.reasons == ("coverage_5 is 0.000, below its floor of 0.900",)


def test_new_and_removed_articles_are_not_compared(good: Path) -> None:
    records = [record for record in topic_records() if not record["id"].startswith("water")]
    strangers = [{"id": f"new-{number}", "title": f"خبر غريب {number}"} for number in range(20)]
    summary = retrain(good, [*records, *strangers], config=CLOSE)
    assert summary.metrics["coverage_5"] is not None
    assert summary.gate.common == 19
    assert summary.published, summary.gate.reasons


def test_archives_without_a_common_article_cannot_be_compared(good: Path) -> None:
    summary = retrain(good, [{"id": "x", "title": "خبر آخر"}], config=WORSE)
    assert summary.published
    assert (summary.gate.common, summary.gate.compared) == (0, ())


def test_fall_that_chance_explains_is_no_fall() -> None:
    rng = np.random.default_rng(3)
    before = rng.random(8)
    after = before + rng.normal(-0.06, 0.2, 8)
    one = gate._compared("coverage_5", before, after, 0.05)
    assert one.before is not None
    assert one.after is not None
    assert one.after < 0.95 * one.before
    assert one.passed
    many = gate._compared("coverage_5", np.tile(before, 200), np.tile(after, 200), 0.05)
    assert (many.before, many.after) == (pytest.approx(one.before), pytest.approx(one.after))
    assert not many.passed


def test_small_fall_is_allowed_however_sure_it_is() -> None:
    before = np.full(1000, 0.5)
    assert gate._compared("coverage_5", before, before - 0.02, 0.05).passed
    assert not gate._compared("coverage_5", before, before - 0.03, 0.05).passed


def test_what_neither_finds_is_not_compared() -> None:
    nothing = np.array([np.nan, 1.0])
    one = gate._compared("links_recall_10", nothing, nothing[::-1], 0.05)
    assert (one.before, one.after, one.passed) == (None, None, True)


@pytest.mark.parametrize("force", [None, "مهما كان"])
def test_broken_promise_is_overridden_by_nothing(
    good: Path, monkeypatch: pytest.MonkeyPatch, force: str | None
) -> None:
    def judged(rules: GateRules, subject: Subject, figures: Any, registry: Registry) -> Any:
        return judge(rules, subject, {**figures, "story_repeats": Figure(2.0, None, None, 50)}, registry)

    monkeypatch.setattr(job, "judge", judged)
    summary = retrain(good, config=CLOSE, force=force)
    assert not summary.published
    assert summary.gate.broken
    assert summary.gate.reasons == ("story_repeats is 2, it must be 0 in every version",)


def test_version_of_another_analyzer_is_compared_by_its_lists(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mismatch(folder: Path) -> Any:
        raise AnalyzerMismatch("cut differently")

    monkeypatch.setattr(gate, "load", mismatch)
    rules = replace(RULES, figures=("coverage_5", "title_mrr_10"))
    summary = retrain(good, config=WORSE, gate=rules)
    assert summary.gate.failed == ("coverage_5",)
    told = {one.figure: one.before for one in summary.gate.compared}
    assert told["title_mrr_10"] is None
    assert told["coverage_5"] is not None


def test_version_in_service_that_cannot_be_read_refuses_nobody(good: Path) -> None:
    before = Registry(good).current()
    assert before is not None
    (good / "versions" / before / "terms.npy").write_bytes(b"")
    summary = retrain(good, config=WORSE)
    assert summary.published
    assert summary.gate.against is None


def test_gated_figures_are_figures_of_the_manifest(good: Path) -> None:
    assert set(COMPARABLE) <= set(Registry(good).load_current().manifest.metrics)


def test_manifest_without_a_word_of_the_gate_is_read(good: Path) -> None:
    registry = Registry(good)
    folder = registry.folder(registry.names()[0])
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in ("seal", "refused", "forced"):
        del content[name]
    artifact.write_json(folder / "manifest.json", {**content, "seal": artifact._seal(content)})
    manifest = registry.verify(folder.name)
    assert (manifest.refused, manifest.forced) == ((), None)
    assert manifest.fingerprint == Analyzer(manifest.config.analyzer).fingerprint()
