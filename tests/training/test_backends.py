"""Other backends: whoever does the tasks and wherever the files stand, a version is the same to the byte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cluster import cluster, wait_for
from benchmarks.generator import Generator
from models.analysis import AnalyzerConfig
from models.artifact import FileEntry, ModelConfig
from models.errors import TrainingRefused
from models.registry import Registry
from models.tfidf import Weighting
from tests.support.elsewhere import elsewhere
from tests.support.newsroom import topic_records, write_jsonl
from training import job
from training.blocks import Recipe
from training.engine import Engine
from training.fit import make_blocks
from training.job import SHARED, TrainingPlan, TrainingSummary
from training.places import Place, place
from training.progress import Reporter, Silent

NOW = datetime(2025, 5, 1, tzinfo=UTC)
LIMIT = "640MB"  # of a worker's memory


def run(
    artifacts: Path,
    source: Path,
    engine: Engine | None = None,
    blocks: Place | None = None,
    reporter: Reporter | None = None,
) -> TrainingSummary:
    plan = TrainingPlan([str(source)], ModelConfig(), jobs=2, engine=engine or Engine("sequential"), blocks=blocks)
    return job.train(plan, Registry(artifacts), lambda: NOW, reporter or Silent())


def files(artifacts: Path) -> dict[str, FileEntry]:
    return Registry(artifacts).load_current().manifest.files


def published(training: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a training in a process of its own prints when it ends well."""
    printed, _ = training.communicate(timeout=300)
    assert training.returncode == 0
    found: dict[str, Any] = json.loads(printed)
    return found


def start(source: Path, artifacts: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "training", "train", str(source), "--artifacts", str(artifacts), "--json"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three blocks, all of which are analysed, of articles that come again and again, which keeps the rest short.

    A line that every page repeats and some headlines alone are among them.
    """
    records = [
        {
            **record,
            "id": f"{record['id']}/{number % 8}",
            "title": f"{record['title']} {number}",
            "body": "" if number % 7 == 0 else f"{record['body']}\n\nهذه الصفحة برعاية أصدقاء المرفأ القديم",
        }
        for number in range(45)
        for record in topic_records()
    ]
    return write_jsonl(tmp_path_factory.mktemp("archive") / "archive.jsonl", records)


@pytest.fixture(scope="module")
def expected(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileEntry]:
    """The files of a version that one process made."""
    artifacts = tmp_path_factory.mktemp("expected")
    assert run(artifacts, archive).boilerplate.learned  # so that blocks are made again
    return files(artifacts)


def beside(folder: Path) -> Place:
    return folder / "shared"


def store(folder: Path) -> Place:
    return place(f"local://{folder}/store")  # opened by fsspec, which has another name for files, too


@pytest.mark.parametrize("blocks", [None, beside, store])
def test_tasks_done_elsewhere_make_the_same_version_and_leave_nothing(
    tmp_path: Path, archive: Path, expected: dict[str, FileEntry], blocks: Callable[[Path], Place] | None
) -> None:
    artifacts = tmp_path / "artifacts"
    with elsewhere() as name:
        run(artifacts, archive, Engine(name), blocks and blocks(tmp_path))
    assert files(artifacts) == expected
    assert not (artifacts / job.BLOCKS).exists()
    assert not list(tmp_path.glob(f"*/{SHARED}"))


@pytest.mark.parametrize("engine", [Engine("threading"), Engine("loky")], ids=["threads", "processes"])
def test_workers_of_this_machine_make_the_same_version(
    tmp_path: Path, archive: Path, expected: dict[str, FileEntry], engine: Engine
) -> None:
    run(tmp_path, archive, engine)
    assert files(tmp_path) == expected


class Broken:
    """Breaks off a training when a stage begins."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def stage(self, name: str, total: int | None) -> Callable[[int], None]:
        if name == self._stage:
            raise KeyboardInterrupt
        return lambda _: None


def test_blocks_in_a_store_outlive_a_training_that_is_broken_off(
    tmp_path: Path, archive: Path, expected: dict[str, FileEntry]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "artifacts", archive, blocks=store(tmp_path), reporter=Broken("weighing"))
    summary = run(tmp_path / "artifacts", archive, blocks=store(tmp_path))
    assert summary.resumed == summary.articles + summary.replaced
    assert files(tmp_path / "artifacts") == expected


def test_what_else_stands_where_blocks_go_stays(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "theirs").write_text("kept")
    run(tmp_path / "artifacts", archive, blocks=store(tmp_path))
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["theirs"]


def test_dask_with_a_store_makes_the_same_version(
    tmp_path: Path, archive: Path, expected: dict[str, FileEntry]
) -> None:
    with cluster(tmp_path, ["2GB", "2GB"]) as found:
        options = ("--backend", "dask", "--scheduler", found.address, "--blocks", f"local://{tmp_path}/store")
        assert published(start(archive, tmp_path / "artifacts", *options))["published"]
    assert files(tmp_path / "artifacts") == expected
    assert not list(tmp_path.glob(f"store/{SHARED}"))


def test_worker_that_is_killed_half_way_is_replaced_by_the_other(tmp_path: Path) -> None:
    records = [record for block in Generator(2500, seed=1).blocks() for record in block]
    source = write_jsonl(
        tmp_path / "articles.jsonl", [{**record, "id": number % 300} for number, record in enumerate(records)]
    )
    with cluster(tmp_path, [LIMIT, LIMIT]) as found:
        training = start(source, tmp_path / "many", "--backend", "dask", "--scheduler", found.address)
        try:
            wait_for(tmp_path / "many" / job.BLOCKS, "*.npz", 2, training)
            found.kill(0)
            summary = published(training)
        finally:
            training.kill()
    assert (summary["articles"], summary["replaced"]) == (300, 2200)
    run(tmp_path / "one", source)
    assert files(tmp_path / "many") == files(tmp_path / "one")


def test_worker_that_does_not_see_the_articles_ends_the_training_with_a_sentence(tmp_path: Path) -> None:
    recipe, nothing = Recipe(AnalyzerConfig(), Weighting()), tmp_path / "nothing"
    with (
        cluster(tmp_path, ["2GB"]) as found,
        Engine("dask", found.address).started(1) as workers,
        workers.asked(),
        pytest.raises(TrainingRefused, match="does not see"),
    ):
        list(make_blocks(recipe, tmp_path, nothing, [((0, 9), None), ((9, 18), None)], 1))
