"""Real newspapers, where they lie beside the project: a training on them and the lists of many articles, over HTTP."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import pytest

from models.article import to_microseconds
from models.artifact import ModelConfig
from models.registry import Registry
from service.scopes import Scope
from tests.support.newsroom import AFTER_ALL
from tests.support.serving import Client, serving
from training.job import TrainingPlan, train
from training.progress import Silent

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
WHOLE = "arentail-train.jsonl.gz"
SAMPLE = 300  # articles of each other newspaper
ASKED = 200

# nothing is collected, and so nothing skipped, where there is no corpus
if CORPUS.is_dir():

    @pytest.fixture(scope="module")
    def newspapers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
        """One collection whole and the first articles of the others, trained together and served."""
        folder = tmp_path_factory.mktemp("newspapers")
        sources = [str(CORPUS / WHOLE)]
        for path in sorted(CORPUS.glob("*.jsonl.gz")):
            if path.name != WHOLE:
                sample = folder / path.name.removesuffix(".gz")
                with gzip.open(path, "rt", encoding="utf-8") as lines:
                    sample.write_text("".join(islice(lines, SAMPLE)), encoding="utf-8")
                sources.append(str(sample))
        registry = Registry(folder / "artifacts")
        train(TrainingPlan(sources, ModelConfig(), jobs=1), registry, lambda: AFTER_ALL, Silent())
        with serving(registry.root, now=lambda: to_microseconds(AFTER_ALL)) as client:
            yield client

    def some_ids(client: Client) -> list[str]:
        """Ids picked at random, the same each time."""
        index = client.app.state.context.follower.holder.take().model.index
        rows = random.Random(7).sample(range(len(index)), ASKED)
        return [index.article(row).id for row in rows]

    def test_every_collection_is_read(newspapers: Client) -> None:
        (version,) = newspapers.get("/v1/models", headers=newspapers.key(Scope.ADMIN)).json()["versions"]
        assert version["counts"]["articles"] > 7_000
        assert version["counts"]["rejected"] < version["counts"]["articles"] / 100
        assert version["metrics"]["story_repeats"] == 0
        assert version["metrics"]["lists_overlap"] == 0

    def test_the_lists_of_any_article_are_answered_and_keep_their_promises(newspapers: Client) -> None:
        for article_id in some_ids(newspapers):
            shown: set[str] = set()
            for name in ("related", "also-like"):
                response = newspapers.get(f"/v1/articles/{quote(article_id, safe='')}/{name}?explain=true")
                assert response.status_code == 200, response.text
                answer = response.json()
                stories = [item["story_id"] for item in answer["items"]]
                assert article_id not in [item["id"] for item in answer["items"]]
                assert len(set(stories)) == len(stories)
                assert not shown & set(stories)
                shown |= set(stories)

    def test_the_pages_of_articles_are_shown(newspapers: Client) -> None:
        assert newspapers.get("/demo").status_code == 200
        for article_id in some_ids(newspapers)[:20]:
            assert newspapers.get(f"/demo/articles/{quote(article_id, safe='')}").status_code == 200
