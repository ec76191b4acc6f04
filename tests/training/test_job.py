"""The training job: a whole new version in service, or the previous one untouched and nothing left behind."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.artifact import Model, ModelConfig, load
from models.candidates import Query
from models.errors import SourceError, TrainingRefused
from models.index import NEVER
from models.recommenders import related_news
from models.registry import Registry
from tests.support.disks import files_of_at_most
from tests.support.newsroom import COPY, topic_records, train_into, write_jsonl
from training import job
from training.blocks import SIZE
from training.job import STAGES, TrainingPlan, TrainingSummary
from training.progress import Reporter, Silent

NOW = datetime(2025, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC)
STAGED = "versions/.staged-*"
LONG = 60  # seconds after which a process that does nothing is given up


def run(
    artifacts: Path, *sources: Path, reporter: Reporter | None = None, now: datetime = NOW, **plan: Any
) -> TrainingSummary:
    settings = {"config": ModelConfig(), "jobs": 1, **plan}
    locations = [str(source) for source in sources]
    return job.train(TrainingPlan(locations, **settings), Registry(artifacts), lambda: now, reporter or Silent())


def processes() -> int:
    """How many processes work for this one."""
    found = 0
    for children in Path("/proc/self/task").glob("*/children"):
        commands = (Path(f"/proc/{child}/cmdline").read_bytes() for child in children.read_text("ascii").split())
        found += sum(b"LokyProcess" in command for command in commands)
    return found


def newest(artifacts: Path) -> Model:
    return Registry(artifacts).load_current()


def titles(model: Model) -> dict[str, str]:
    articles = (model.index.article(row) for row in range(len(model.index)))
    return {article.id: article.title for article in articles}


def names_below(artifacts: Path) -> set[str]:
    return {path.name for path in (artifacts / "versions").iterdir()}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "world.jsonl", topic_records())


@contextmanager
def unharmed(artifacts: Path) -> Iterator[None]:
    """Whatever fails inside: the version in service stays, sound, and no half version is left."""
    before, versions = Registry(artifacts).current(), names_below(artifacts)
    assert before is not None
    yield
    assert Registry(artifacts).current() == before
    assert names_below(artifacts) == versions
    Registry(artifacts).verify(before)


def test_training_puts_a_sound_version_in_service(tmp_path: Path, world: Path) -> None:
    summary = run(tmp_path / "artifacts", world)
    registry = Registry(tmp_path / "artifacts")
    assert registry.current() == summary.version
    assert registry.names() == [summary.version]
    assert summary.published
    assert summary.version.startswith("20250501T123015250Z-")
    manifest = registry.verify(summary.version)
    assert manifest.created_at == "2025-05-01T12:30:15.250000Z"
    assert manifest.parents == ()
    assert manifest.config == ModelConfig()


def test_version_answers_from_the_topic_of_the_article(tmp_path: Path, world: Path) -> None:
    run(tmp_path / "artifacts", world)
    model = newest(tmp_path / "artifacts")
    for article_id in ("football-2", "elections-1", "water-2", "health-3"):
        first, *_ = related_news(model.recommender, model.index.row_of(article_id), Query(as_of=NEVER - 1))
        assert model.index.article(first.row).id.split("-")[0] == article_id.split("-")[0]


def test_summary_tells_what_was_done(tmp_path: Path, world: Path) -> None:
    summary = run(tmp_path / "artifacts", world)
    model = newest(tmp_path / "artifacts")
    assert (summary.articles, summary.rejected, summary.replaced, summary.later_than_as_of) == (25, 0, 0, 0)
    assert summary.vocabulary == len(model.tfidf.vocabulary) > 50
    assert summary.stories == 24  # one article is a copy of another
    assert tuple(summary.seconds) == STAGES
    assert all(seconds >= 0 for seconds in summary.seconds.values())
    assert summary.peak_memory_bytes > 10_000_000
    assert summary.metrics == model.manifest.metrics
    assert summary.metrics["story_repeats"] == 0
    assert (summary.reasons, summary.rejects_file, summary.unknown_keys) == ({}, None, {})
    assert model.manifest.counts == {name: asdict(summary)[name] for name in model.manifest.counts}
    json.dumps(asdict(summary), allow_nan=False)


def test_what_pages_repeat_is_learned_reported_and_kept_in_the_version(tmp_path: Path) -> None:
    prompt = "هذه الصفحة برعاية أصدقاء المرفأ القديم"
    records = [{**record, "body": f"{record['body']}\n\n{prompt}"} for record in topic_records()]
    summary = run(tmp_path / "artifacts", write_jsonl(tmp_path / "furnished.jsonl", records))
    (learned,) = summary.boilerplate.learned
    assert (learned.line, learned.articles) == (
        "هذه الصفحه برعايه اصدقاء المرفا القديم",
        24,
    )  # the copy is another paper's
    assert asdict(summary.boilerplate)["removed"] == {"repeated": {"articles": 25, "lines": 25}}
    model = newest(tmp_path / "artifacts")
    assert model.analyzer.clean(records[0]["body"]).text == topic_records()[0]["body"]
    assert not {"برعاي", "اصدقاء"} & set(model.tfidf.vocabulary)
    written = json.loads((Registry(tmp_path / "artifacts").folder(summary.version) / "boilerplate.json").read_text())
    assert written == asdict(summary.boilerplate)


def test_copies_are_one_story(tmp_path: Path, world: Path) -> None:
    run(tmp_path / "artifacts", world)
    index = newest(tmp_path / "artifacts").index
    assert index.story[index.row_of(COPY)] == index.story[index.row_of("football-1")]
    assert index.story[index.row_of("football-2")] != index.story[index.row_of("football-1")]


def test_neighbours_further_away_in_time_than_configured_are_not_kept(tmp_path: Path, world: Path) -> None:
    run(tmp_path, world, config=ModelConfig(neighbour_days=2))
    index = newest(tmp_path).index
    gaps = []
    for row in range(len(index)):
        near = index.neighbours(row).rows
        gaps.extend(abs(index.published[near] - index.published[row]).tolist())
    day = 86_400_000_000
    assert gaps
    assert max(gaps) <= 2 * day
    run(tmp_path, world)
    every = newest(tmp_path).index
    assert (every.neighbour_rows >= 0).sum() > len(gaps)


def test_each_version_follows_the_one_in_service(tmp_path: Path, world: Path) -> None:
    first = run(tmp_path / "artifacts", world)
    second = run(tmp_path / "artifacts", world, now=NOW.replace(hour=13))
    assert Registry(tmp_path / "artifacts").current() == second.version
    assert newest(tmp_path / "artifacts").manifest.parents == (first.version,)


def test_sources_are_read_one_after_the_other_and_the_last_record_wins(tmp_path: Path) -> None:
    one = write_jsonl(
        tmp_path / "1.jsonl",
        [{"id": "a", "title": "أول"}, {"id": "b", "title": "ثان"}, {"id": "a", "title": "أول مصحح"}],
    )
    two = tmp_path / "2.jsonl.gz"
    two.write_bytes(gzip.compress(b'{"id": "b", "title": "final"}\n{"id": 3, "title": "third"}\n'))
    summary = run(tmp_path / "artifacts", one, two)
    assert titles(newest(tmp_path / "artifacts")) == {"a": "أول مصحح", "b": "final", "3": "third"}
    assert (summary.articles, summary.replaced) == (3, 2)


def test_deletions_take_away_what_came_before_and_not_what_comes_after(tmp_path: Path) -> None:
    records = [
        {"id": "a", "title": "أول"},
        {"id": "b", "title": "ثان"},
        {"id": "a", "deleted": True},
        {"id": "b", "deleted": True},
        {"id": "b", "title": "ثان من جديد"},
        {"id": "c", "deleted": True},
    ]
    summary = run(tmp_path / "artifacts", write_jsonl(tmp_path / "a.jsonl", records))
    assert titles(newest(tmp_path / "artifacts")) == {"b": "ثان من جديد"}
    assert (summary.articles, summary.replaced, summary.deleted) == (1, 0, 2)


def test_articles_after_as_of_are_left_out(tmp_path: Path, world: Path) -> None:
    early = {record["id"] for record in topic_records() if record["published_at"] < "2025-03-06"}
    summary = run(tmp_path / "artifacts", world, as_of=datetime(2025, 3, 6, tzinfo=UTC))
    assert set(titles(newest(tmp_path / "artifacts"))) == early
    assert (summary.articles, summary.later_than_as_of) == (13, 12)


def test_unpublished_version_is_whole_but_not_in_service(artifacts: Path, world: Path) -> None:
    before = Registry(artifacts).current()
    summary = run(artifacts, world, publish=False)
    assert not summary.published
    assert Registry(artifacts).current() == before
    assert Registry(artifacts).verify(summary.version).version == summary.version


def test_rejected_records_are_counted_and_written_down(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"id": 1, "title": "خبر", "score": 2}\n{"id": 2}\nnone\n{"title": "بلا رقم"}\n{}\n')
    summary = run(tmp_path / "artifacts", source)
    assert (summary.articles, summary.rejected) == (1, 4)
    assert summary.reasons == {"missing_id": 2, "blank_title": 1, "not_json": 1}
    assert summary.unknown_keys == {"score": 1}
    assert summary.rejects_file is not None
    rejections = [json.loads(line) for line in Path(summary.rejects_file).read_text(encoding="utf-8").splitlines()]
    assert [(rejection["line"], rejection["reason"]) for rejection in rejections] == [
        (2, "blank_title"),
        (3, "not_json"),
        (4, "missing_id"),
        (5, "missing_id"),
    ]
    assert {rejection["source"] for rejection in rejections} == {str(source)}


def test_rejects_are_those_of_the_last_training(tmp_path: Path, world: Path) -> None:
    bad = write_jsonl(tmp_path / "bad.jsonl", [{"id": 1}, {"id": 2, "title": "خبر"}])
    rejects_file = run(tmp_path / "artifacts", bad).rejects_file
    assert rejects_file is not None
    assert run(tmp_path / "artifacts", world, now=NOW.replace(hour=13)).rejects_file is None
    assert Path(rejects_file).read_bytes() == b""


@pytest.mark.parametrize("data", [b"", b"\n \n"], ids=["no bytes", "blank lines"])
def test_empty_source_is_an_error(artifacts: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "empty.jsonl").write_bytes(data)
    with unharmed(artifacts), pytest.raises(SourceError, match=r"no record in .*empty\.jsonl"):
        run(artifacts, tmp_path / "empty.jsonl")


def test_training_without_a_single_article_is_refused(artifacts: Path, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "bad.jsonl", [{"id": 1}, {"title": "خبر"}])
    with unharmed(artifacts), pytest.raises(TrainingRefused, match=r"none of the 2 records .*rejects\.jsonl"):
        run(artifacts, source)
    assert len((artifacts / "rejects.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_training_on_the_future_only_is_refused(artifacts: Path, world: Path) -> None:
    with unharmed(artifacts), pytest.raises(TrainingRefused):
        run(artifacts, world, as_of=datetime(2020, 1, 1, tzinfo=UTC))


def test_missing_source_stops_everything_before_it_begins(tmp_path: Path, world: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.jsonl"):
        run(tmp_path / "artifacts", world, tmp_path / "none.jsonl")
    assert not (tmp_path / "artifacts").exists()


def test_damaged_source_leaves_the_version_in_service(artifacts: Path, world: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(world.read_bytes())[:-20])
    with unharmed(artifacts), pytest.raises(SourceError, match="after line"):
        run(artifacts, world, cut)


class Breaking:
    """Raises at the first step of a stage."""

    def __init__(self, stage: str, error: BaseException) -> None:
        self._stage = stage
        self._error = error

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        return self._break if name == self._stage else lambda steps: None

    def _break(self, steps: int) -> None:
        raise self._error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no space left")], ids=["Ctrl-C", "error"])
@pytest.mark.parametrize("stage", ["reading", "neighbours", "stories", "evaluating"])
def test_training_broken_off_leaves_no_trace(artifacts: Path, world: Path, stage: str, error: BaseException) -> None:
    with unharmed(artifacts), pytest.raises(type(error)):
        run(artifacts, world, reporter=Breaking(stage, error))
    assert Registry(artifacts).current() != run(artifacts, world).version  # and the next one runs


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError()], ids=["Ctrl-C", "error"])
@pytest.mark.parametrize("step", ["fit", "save_arrays", "list_files", "write_manifest"])
def test_training_broken_off_between_two_reports_leaves_no_trace(
    artifacts: Path, world: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    def broken(*args: object) -> None:
        raise error

    monkeypatch.setattr(job, step, broken)
    with unharmed(artifacts), pytest.raises(type(error)):
        run(artifacts, world)


class Interrupted(Registry):
    """A registry whose training is stopped in the moment before the new version goes into service."""

    def activate(self, version: str, now: datetime, action: str = "activate") -> None:
        raise KeyboardInterrupt


def test_training_stopped_before_it_is_in_service_leaves_a_whole_version(artifacts: Path, world: Path) -> None:
    registry = Registry(artifacts)
    before = registry.current()
    with pytest.raises(KeyboardInterrupt):
        job.train(TrainingPlan([str(world)], ModelConfig(), jobs=1), Interrupted(artifacts), lambda: NOW, Silent())
    assert registry.current() == before
    assert names_below(artifacts) == set(registry.names())
    (left,) = set(registry.names()) - {before}
    registry.activate(left, NOW)
    assert newest(artifacts).manifest.version == left


def test_full_disk_while_reading_leaves_no_trace(artifacts: Path, world: Path) -> None:
    with unharmed(artifacts), pytest.raises(OSError, match="File too large"), files_of_at_most(2_000):
        run(artifacts, world)


def test_full_disk_while_arrays_are_written_leaves_no_trace(artifacts: Path, tmp_path: Path) -> None:
    # forty headlines are a short file, their neighbours long arrays
    source = write_jsonl(tmp_path / "short.jsonl", [{"id": number, "title": "خبر"} for number in range(40)])
    with unharmed(artifacts), pytest.raises(OSError), files_of_at_most(8_000):  # noqa: PT011  # numpy's own wording
        run(artifacts, source)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough articles to keep a training busy for a while."""
    records: list[Mapping[str, Any]] = [
        {**record, "id": f"{record['id']}/{number}", "title": f"{record['title']} {number}"}
        for number in range(80)
        for record in topic_records()
    ]
    return write_jsonl(tmp_path_factory.mktemp("archive") / "archive.jsonl", records)


@contextmanager
def training_process(artifacts: Path, archive: Path, until: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real training in a process of its own, which has written a file among its artifacts."""
    command = [sys.executable, "-m", "training", "train", str(archive), "--artifacts", str(artifacts), "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + LONG
            while not any(path.stat().st_size for path in artifacts.glob(until)):
                assert process.poll() is None, "the training was over too soon"
                assert time.monotonic() < deadline, "the training does not begin"
                time.sleep(0.002)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    "until", [f"{STAGED}/articles.jsonl", f"{STAGED}/sections.json"], ids=["reading", "evaluating"]
)
def test_killed_training_leaves_the_version_in_service_and_the_next_one_clears_up(
    artifacts: Path, archive: Path, world: Path, until: str
) -> None:
    registry = Registry(artifacts)
    before = registry.current()
    assert before is not None
    with training_process(artifacts, archive, until) as process:
        process.kill()
        assert process.wait(LONG) == -signal.SIGKILL
    assert registry.current() == before
    assert registry.names() == [before]
    assert newest(artifacts).manifest.version == before
    assert list(artifacts.glob("versions/.staged-*"))
    summary = run(artifacts, world)
    assert names_below(artifacts) == {before, summary.version}
    assert registry.current() == summary.version


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Processes started in the background of a shell are born deaf to SIGINT, and so are theirs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_training_goes_on_from_its_finished_blocks(
    tmp_path: Path, archive: Path, how: signal.Signals
) -> None:
    interrupted = tmp_path / "interrupted"
    with training_process(interrupted, archive, ".blocks/*.npz") as process:
        process.send_signal(how)
        assert process.wait(LONG) != 0
    assert Registry(interrupted).names() == []
    summary = run(interrupted, archive)
    straight = run(tmp_path / "straight", archive)
    assert SIZE <= summary.resumed <= summary.articles
    assert straight.resumed == 0
    assert newest(interrupted).manifest.files == newest(tmp_path / "straight").manifest.files
    assert not list(interrupted.glob(".blocks"))


def test_processes_end_with_the_analysis(tmp_path: Path, archive: Path) -> None:
    working: dict[str, list[int]] = {}

    class Watching:
        def stage(self, name: str, total: int | None) -> Callable[[int], None]:
            counts = working[name] = [processes()]
            return lambda steps: counts.append(processes() if steps else 0)

    run(tmp_path / "artifacts", archive, reporter=Watching(), jobs=2)
    assert max(working["analysing"]) == 2
    assert max(working["weighing"]) == 0


def test_blocks_of_other_articles_are_not_taken_over_and_go_with_the_next_training(
    tmp_path: Path, archive: Path, world: Path
) -> None:
    with training_process(tmp_path / "artifacts", archive, ".blocks/*.npz") as process:
        process.kill()
    (tmp_path / "artifacts" / ".blocks" / ".begun-1").write_bytes(b"half a block")
    assert run(tmp_path / "artifacts", world).resumed == 0
    assert not (tmp_path / "artifacts" / ".blocks").exists()


def test_second_training_in_the_same_folder_is_refused(artifacts: Path, archive: Path, world: Path) -> None:
    with training_process(artifacts, archive, f"{STAGED}/articles.jsonl") as process:
        with pytest.raises(TrainingRefused, match="another training is running"):
            run(artifacts, world)
        assert process.poll() is None  # the first one is not disturbed
        assert list(artifacts.glob("versions/.staged-*/articles.jsonl"))


def test_trainings_in_two_folders_do_not_mind_each_other(tmp_path: Path, world: Path) -> None:
    one, two = Registry(tmp_path / "one"), Registry(tmp_path / "two")
    with one.training():
        assert run(two.root, world).published


@pytest.mark.parametrize("jobs", [1, 2])
def test_same_input_gives_the_same_files(tmp_path: Path, trained: Path, jobs: int) -> None:
    summary = train_into(tmp_path / "again", topic_records(), jobs=jobs, now=NOW)
    again, before = newest(tmp_path / "again").manifest, newest(trained).manifest
    assert again.files == before.files
    assert (again.fingerprint, again.counts, again.metrics) == (before.fingerprint, before.counts, before.metrics)
    assert again.version.split("-")[1] == before.version.split("-")[1]
    assert again.version != before.version == Registry(trained).current()
    assert load(tmp_path / "again" / "versions" / summary.version).manifest == again
