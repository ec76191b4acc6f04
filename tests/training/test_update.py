"""An update: the lists of a full training with the same vocabulary and idf, for the price of what is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from models.artifact import (
    INDEX_ARRAYS,
    UPDATE_ARRAYS,
    Changes,
    Model,
    ModelConfig,
    load_update_arrays,
    read_manifest,
    write_manifest,
)
from models.candidates import Query
from models.errors import FileRefused, NothingPublished, TrainingRefused
from models.index import NEVER
from models.recommenders import related_news, you_may_also_like
from models.registry import Registry
from models.tfidf import Weighting
from tests.support.changing import COMMON, CONFIGS, DAY, TOPICS, Site, archive, news, plan
from tests.support.newsroom import TRAINED_AT, topic_records, write_jsonl
from training.blocks import SIZE
from training.config import UpdateRules
from training.evaluation.figures import Figure, total
from training.job import STAGES
from training.progress import Silent
from training.update import update


@dataclass(frozen=True)
class Loaded:
    """A version, and the arrays that updates need of it."""

    model: Model
    kept: Mapping[str, Any]

    @classmethod
    def of(cls, registry: Registry) -> Loaded:
        model = registry.load_current()
        return cls(model, load_update_arrays(registry.folder(model.manifest.version), model.manifest))


def lists(model: Model) -> list[Any]:
    """Both lists of every article, in time and at the end of time."""
    query = [Query(as_of=moment, limit=20) for moment in (NEVER - 1, int(model.index.published[len(model.index) // 2]))]
    return [
        recommend(model.recommender, row, one)
        for row in range(len(model.index))
        for one in query
        for recommend in (related_news, you_may_also_like)
    ]


def assert_same(updated: Loaded, whole: Loaded) -> None:
    one, other = updated.model.index, whole.model.index
    assert [one.article(row) for row in range(len(one))] == [other.article(row) for row in range(len(other))]
    for name in INDEX_ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert list(one.section_names) == list(other.section_names)
    for name in UPDATE_ARRAYS:
        np.testing.assert_array_equal(updated.kept[name], whole.kept[name], name)
    assert lists(updated.model) == lists(whole.model)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("seed", range(2))
def test_lists_are_those_of_a_full_training_with_the_same_vocabulary_and_idf(
    tmp_path: Path, name: str, seed: int
) -> None:
    random = Random(f"{name}{seed}")
    site = Site(tmp_path, archive(random, 60), CONFIGS[name])
    for first in (100, 200):
        site.update(news(random, site.living(), first))
        assert_same(Loaded.of(site.registry), Loaded.of(site.whole()))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, topic_records())


def record(number: int, **members: Any) -> dict[str, Any]:
    return {
        "id": f"new-{number}",
        "title": "النوارس يستعد لنهائي كأس المدينة في ملعب الميناء",
        "body": "يتدرب فريق النوارس في ملعب الميناء قبل نهائي كأس المدينة.",
        "published_at": f"2025-03-2{number}T00:00:00Z",
        **members,
    }


def ids(model: Model) -> set[str]:
    return {model.index.article(row).id for row in range(len(model.index))}


def test_what_is_new_comes_in_and_what_is_deleted_goes(site: Site) -> None:
    before = site.model()
    title = "سد الوادي: تصحيح"
    summary = site.update(
        [record(1), {"id": "water-1", "title": title}, {"id": "health-1", "deleted": True}, topic_records()[-1]]
    )
    after = site.model()
    assert after.manifest.version == summary.version != before.manifest.version
    assert ids(after) == ids(before) - {"health-1"} | {"new-1"}
    assert after.index.article(after.index.row_of("water-1")).title == title
    first, *_ = related_news(after.recommender, after.index.row_of("new-1"), Query(as_of=NEVER - 1))
    assert after.index.article(first.row).id.startswith("football")
    assert summary.update is not None
    assert (summary.update.base, summary.update.changes) == (before.manifest.version, Changes(1, 1, 1))
    assert (summary.articles, summary.deleted, summary.unchanged, summary.published) == (25, 1, 1, True)
    assert tuple(summary.seconds) == STAGES


def test_a_phrase_that_comes_on_one_day_more_parts_copies_and_joins_them_again_when_that_day_goes(
    tmp_path: Path,
) -> None:
    random = Random(7)
    phrase = TOPICS[0]

    def telegram(number: int, day: int) -> dict[str, Any]:
        own = " ".join(random.sample(TOPICS[1].split() + COMMON, 14))  # in another order: other shingles
        title = " ".join(random.sample(TOPICS[2].split(), 3))
        return {"id": f"t{number}", "title": title, "body": f"{phrase} {own}", "published_at": DAY.format(day, 8)}

    days = ModelConfig().stories.max_days + 1  # of more days a shingle is a set phrase
    records = [telegram(0, 1), *(telegram(day, day) for day in range(1, days + 1))]
    site = Site(tmp_path, [*records, *topic_records()])

    def one_story() -> bool:
        index = site.model().index
        return bool(index.story[index.row_of("t0")] == index.story[index.row_of("t1")])

    assert one_story()
    site.update([telegram(9, days + 1)])
    assert not one_story()
    assert_same(Loaded.of(site.registry), Loaded.of(site.whole()))
    site.update([{"id": "t9", "deleted": True}])
    assert one_story()
    assert_same(Loaded.of(site.registry), Loaded.of(site.whole()))


def test_manifest_tells_where_a_version_is_from(site: Site) -> None:
    full = site.model().manifest
    assert full.lineage is not None
    assert (full.lineage.version, full.lineage.articles, full.lineage.since) == (full.version, 25, Changes())
    assert full.update is None
    site.update([record(1), record(2)])
    summary = site.update([record(3), {"id": "new-1", "deleted": True}])
    manifest = site.model().manifest
    assert manifest.update == summary.update
    assert manifest.lineage is not None
    assert (manifest.lineage.version, manifest.lineage.since) == (full.version, Changes(3, 0, 1))
    assert manifest.counts == {name: asdict(summary)[name] for name in manifest.counts}
    assert manifest.parents == (manifest.update.base,) if manifest.update else False
    assert manifest.metrics == full.metrics  # measured by the last full training; the promises, at 0, anew


def test_updated_version_is_whole_when_all_others_are_gone(site: Site) -> None:
    site.update([record(1)])
    site.registry.prune(1)
    (left,) = site.registry.names()
    assert site.registry.verify(left).update is not None


def test_words_of_deleted_and_replaced_articles_are_not_kept(site: Site) -> None:
    site.update([record(1, body="كلمة سرية لا تنسى")])
    summary = site.update([{"id": "new-1", "deleted": True}, {"id": "health-1", "title": "خبر عن الصحة"}])
    text = (site.registry.folder(summary.version) / "articles.jsonl").read_text(encoding="utf-8")
    assert "سرية" not in text
    assert "أطلقت وزارة الصحة حملة تطعيم" not in text
    assert len(text.splitlines()) == 25


def test_an_update_without_news_makes_no_version(site: Site) -> None:
    before = site.registry.names()
    summary = site.update([*topic_records(), {"id": "nobody", "deleted": True}])
    assert site.registry.names() == before == [summary.version]
    assert summary.update is not None
    assert (summary.update.changes, summary.unchanged, summary.articles) == (Changes(), 25, 25)
    assert summary.published
    assert summary.stories == site.full.stories
    assert not list(site.registry.versions_folder.glob(".*"))


def test_the_last_record_of_an_id_wins(site: Site) -> None:
    known = topic_records()[3]
    changed = {**known, "title": "عنوان آخر"}
    deleted = {"id": known["id"], "deleted": True}
    for records in ([changed, known], [deleted, known], [record(1), {"id": "new-1", "deleted": True}]):
        summary = site.update(records)
        assert summary.update is not None
        assert summary.update.changes == Changes()
    for records in ([known, changed], [deleted, changed]):
        summary = site.update([*records, known, changed])
        assert summary.update is not None
        assert summary.update.changes in (Changes(0, 1, 0), Changes())
    assert site.model().index.article(site.model().index.row_of(known["id"])).title == "عنوان آخر"


def test_news_after_as_of_is_left_out(site: Site) -> None:
    summary = site.update([record(1), record(5)], as_of=datetime(2025, 3, 22, tzinfo=UTC))
    assert summary.later_than_as_of == 1
    assert "new-5" not in ids(site.model())


def test_rejected_news_is_counted_and_written_down(site: Site) -> None:
    summary = site.update([record(1), {"id": "x"}, {"id": "y", "deleted": "yes"}])
    assert summary.reasons == {"blank_title": 1, "bad_type": 1}
    assert summary.rejects_file is not None


def test_without_a_version_in_service_there_is_nothing_to_update(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", topic_records())
    with pytest.raises(NothingPublished, match="silah train"):
        update(plan(source, ModelConfig()), Registry(tmp_path / "artifacts"), lambda: TRAINED_AT, Silent())


def test_other_settings_are_refused_by_name(site: Site) -> None:
    site.config = ModelConfig(neighbours=7, weighting=Weighting(min_df=2))
    with pytest.raises(TrainingRefused, match="train anew") as refused:
        site.update([record(1)])
    for told in ("model.neighbours was 100, is 7", "model.weighting.min_df was 1, is 2"):
        assert told in str(refused.value)


def test_a_version_that_did_not_keep_what_updates_need_is_refused(site: Site) -> None:
    folder = site.registry.folder(site.full.version)
    write_manifest(folder, replace(read_manifest(folder), lineage=None))
    with pytest.raises(TrainingRefused, match="train anew"):
        site.update([record(1)])


def test_an_update_that_would_leave_nothing_is_refused(site: Site) -> None:
    with pytest.raises(TrainingRefused, match="no article"):
        site.update([{"id": article["id"], "deleted": True} for article in topic_records()])
    assert site.registry.current() == site.full.version
    assert site.registry.names() == [site.full.version]


def test_a_damaged_version_is_not_built_upon(site: Site) -> None:
    file = site.registry.folder(site.full.version) / "shingles.npy"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(FileRefused, match="shingles"):
        site.update([record(1)])


def test_unpublished_update_is_whole_but_not_in_service(site: Site) -> None:
    summary = site.update([record(1)], publish=False)
    assert not summary.published
    assert site.registry.current() == site.full.version
    site.registry.verify(summary.version)


def test_a_broken_promise_keeps_an_update_out_of_service(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def repeating(index: Any, asked: Any) -> dict[str, Figure]:
        return {"story_repeats": total([1]), "lists_overlap": total([0])}

    monkeypatch.setattr("training.update.promise_figures", repeating)
    summary = site.update([record(1)], force="أعرف")
    assert not summary.published
    assert summary.gate.failed == ("story_repeats",)
    assert site.registry.current() == site.full.version
    assert site.registry.verify(summary.version).refused == ("story_repeats",)


class Breaking:
    """Raises at the first step of a stage."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        return self._break if name == self._stage else lambda steps: None

    def _break(self, steps: int) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("stage", ["reading", "analysing", "neighbours", "stories", "evaluating"])
def test_an_update_broken_off_leaves_no_trace(site: Site, stage: str) -> None:
    before = {path.name for path in site.registry.root.rglob("*")}
    source = write_jsonl(site.folder / "news.jsonl", [record(1)])
    with pytest.raises(KeyboardInterrupt):
        update(plan(source, site.config), site.registry, lambda: TRAINED_AT, Breaking(stage))
    assert {path.name for path in site.registry.root.rglob("*")} == before
    (site.registry.root / ".update").mkdir()
    (site.registry.root / ".update" / "articles.jsonl").write_text("left by one that was killed")
    assert site.update([record(1)]).published
    assert not (site.registry.root / ".update").exists()


def test_an_update_leaves_the_blocks_of_an_interrupted_training(site: Site) -> None:
    blocks = site.registry.root / ".blocks"
    blocks.mkdir()
    (blocks / "finished.npz").write_bytes(b"")
    site.update([record(1)])
    assert (blocks / "finished.npz").exists()


def test_many_articles_of_an_update_are_counted_in_blocks(site: Site) -> None:
    records = [record(1, id=f"copy-{number}", title=f"النوارس {number}") for number in range(SIZE + 20)]
    site.update(records)
    assert_same(Loaded.of(site.registry), Loaded.of(site.whole()))


def test_learned_furniture_stays_known(tmp_path: Path) -> None:
    prompt = "هذه الصفحة برعاية أصدقاء المرفأ القديم"
    site = Site(tmp_path, [{**one, "body": f"{one['body']}\n\n{prompt}"} for one in topic_records()])
    summary = site.update([record(1, body=f"{record(1)['body']}\n\n{prompt}", source="صحيفة المدينة")])
    assert summary.boilerplate.removed["repeated"].lines == 1
    assert_same(Loaded.of(site.registry), Loaded.of(site.whole()))


def test_there_is_no_drift_right_after_a_full_training(site: Site) -> None:
    summary = site.update(topic_records())
    assert summary.update is not None
    assert summary.update.drift == {"unknown_terms": 0.0, "idf_change": 0.0, "turnover": 0.0}
    assert not summary.full_training_due


def test_new_words_and_turnover_make_a_full_training_due(site: Site) -> None:
    words = {"title": "زلزال يضرب جزيرة بعيدة", "body": "انفجر بركان وارتفعت أمواج هائلة."}
    summary = site.update([record(1, **words), record(2)], due=UpdateRules(unknown_terms=0.3, turnover=9))
    assert summary.update is not None
    assert 0.3 < summary.update.drift["unknown_terms"] < 0.6
    assert summary.update.drift["turnover"] == pytest.approx(2 / 25)
    assert summary.full_training_due
    (reason,) = summary.update.due
    assert reason.startswith("unknown_terms is 0.")
    later = site.update([record(3)], due=UpdateRules(unknown_terms=1, idf_change=9, turnover=0.1))
    assert later.update is not None
    assert later.update.due == ("turnover is 0.120, a full training is due from 0.100",)
