"""Floors of quality: on the bundled newsroom, and on real newspapers where they lie beside the project."""

from __future__ import annotations

import gzip
import hashlib
import tomllib
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.artifact import ModelConfig
from models.registry import Registry
from silah import NEWSROOM
from tests.support.newsroom import AFTER_ALL
from training.evaluation import systems
from training.evaluation.figures import SEED
from training.evaluation.ranking import Fresh, ask
from training.evaluation.tasks import all_tasks
from training.evaluation.texts import Document
from training.job import TrainingPlan, train
from training.progress import Silent

PINNED = tomllib.loads(Path(__file__).with_name("floors.toml").read_text(encoding="utf-8"))
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FILES = {"newsroom": NEWSROOM, **{path.name.removesuffix(".jsonl.gz"): path for path in CORPUS.glob("*.jsonl.gz")}}
ASKED = 500


def first(path: Path, count: int | None) -> str:
    """The first lines of a file."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return "".join(islice(lines, count))


def measured(path: Path, folder: Path, count: int | None) -> dict[str, Any]:
    """The figures of the manifest and those of the tasks, after a training with the defaults."""
    source = folder / "articles.jsonl"
    source.write_text(first(path, count), encoding="utf-8")
    registry = Registry(folder / "artifacts")
    summary = train(TrainingPlan([str(source)], ModelConfig(), jobs=1), registry, lambda: AFTER_ALL, Silent())
    assert summary.published, summary.gate.reasons
    model = registry.load_current()
    documents = [Document.of(model.index.article(row), model.analyzer) for row in range(len(model.index))]
    system, fresh = systems.version(model.analyzer, model.tfidf), Fresh.of(model.recommender.rules)
    tasks = all_tasks(documents, ASKED, np.random.default_rng(SEED))
    return {**summary.metrics, **{name: float(ask(system, task, fresh).mean()) for name, task in tasks.items()}}


# nothing is collected, and so nothing skipped, of a corpus that is not there; real ones take minutes (`make soak`)
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "newsroom" else [pytest.mark.long]) for name in PINNED if name in FILES],
)
def test_no_figure_is_below_its_floor(name: str, tmp_path: Path) -> None:
    pinned = PINNED[name]
    digest = hashlib.sha256(FILES[name].read_bytes()).hexdigest()
    assert digest == pinned["sha256"], f"{name} holds other articles: measure its floors anew and pin this digest"
    found = measured(FILES[name], tmp_path, pinned.get("articles"))
    below = {figure: (found[figure], floor) for figure, floor in pinned["floors"].items() if found[figure] < floor}
    assert not below, f"{name}: figures below their floors (measured, floor): {below}"
