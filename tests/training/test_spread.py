"""The search on other machines: the same rows and scores as threads find, through files in any kind of place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.tfidf import CountMatrix, TfidfModel, Weighting
from tests.support.elsewhere import elsewhere
from tests.support.vectors import topical_rows
from training.engine import Engine
from training.neighbours import CHUNK, Headlines, nearest
from training.places import Place, make, place
from training.spread import Spread, mapped_by


@pytest.fixture(params=["the folder itself", "another folder", "a store"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    found = {
        "the folder itself": tmp_path,
        "another folder": tmp_path / "shared",
        "a store": place(f"local://{tmp_path}/store"),
    }[request.param]
    make(found)
    return found


@pytest.mark.parametrize("budget", [None, 400])
def test_rows_and_scores_are_those_of_threads(shared: Place, tmp_path: Path, budget: int | None) -> None:
    vectors = topical_rows(3 * CHUNK + 7, seed=5)
    windows = np.sort(np.random.default_rng(3).integers(0, vectors.shape[0], (vectors.shape[0], 2)), axis=1)
    steps: list[int] = []
    with elsewhere() as name, Engine(name).started(2) as workers:
        spread = Spread(workers, tmp_path, shared)
        found = nearest(vectors, 10, 2, steps.append, windows=windows, budget=budget, spread=spread)
    expected = nearest(vectors, 10, 2, lambda _: None, windows=windows, budget=budget)
    assert [array.tobytes() for array in found] == [array.tobytes() for array in expected]
    assert sorted(steps) == [7, CHUNK, CHUNK, CHUNK]


def test_headlines_find_theirs(tmp_path: Path) -> None:
    whole = topical_rows(300, seed=2)
    whole.data = np.ceil(whole.data * 5)
    whole = whole[:, np.unique(whole.indices)]
    counts = CountMatrix(whole, whole)
    model = TfidfModel.fit([str(n) for n in range(whole.shape[1])], whole, Weighting(short_terms=24, min_df=1))
    headlines = Headlines.among(model, counts)
    assert 0 < len(headlines.rows) < 300
    with elsewhere() as name, Engine(name).started(2) as workers:
        spread = Spread(workers, tmp_path, tmp_path)
        found = nearest(model.vectors(counts), 10, 2, lambda _: None, headlines, spread=spread)
    expected = nearest(model.vectors(counts), 10, 2, lambda _: None, headlines)
    assert [array.tobytes() for array in found] == [array.tobytes() for array in expected]


def test_what_is_mapped_grows_with_the_vectors() -> None:
    small, large = (mapped_by(topical_rows(count, seed=1)) for count in (100, 1000))
    assert 0 < small < large
