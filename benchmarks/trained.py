"""A model trained on articles for measuring, in a folder that goes away with the measurement."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from models.article import Article
from models.artifact import Model, ModelConfig
from models.registry import Registry
from training.job import TrainingPlan, train
from training.progress import Silent
from training.records import accepted
from training.sources import open_source

NEWSROOM = Path(__file__).parents[1] / "training" / "newsroom"


def corpora(folder: Path) -> dict[str, Path]:
    """The files of articles in a folder by name, then the bundled newsroom."""
    found = {path.name.removesuffix(".jsonl.gz"): path for path in sorted(folder.glob("*.jsonl.gz"))}
    return found | {"newsroom": NEWSROOM / "articles.jsonl"}


def read(path: Path) -> list[Article]:
    """The articles of a file of records."""
    return list(accepted(open_source(str(path))))


@contextmanager
def trained(articles: Iterable[Article], config: ModelConfig | None = None) -> Iterator[Model]:
    """Train on articles by the whole path, as ``silah train`` does."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "articles.jsonl"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(article.to_record(), ensure_ascii=False) + "\n" for article in articles)
        registry = Registry(Path(folder) / "artifacts")
        plan = TrainingPlan([str(source)], config or ModelConfig())
        train(plan, registry, lambda: datetime.now(UTC), Silent())
        yield registry.load_current()
