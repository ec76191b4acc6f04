"""Drift: nothing right after a full training, and what has changed since in plain shares."""

from __future__ import annotations

import numpy as np
import pytest

from models.artifact import Changes, Lineage
from training.config import UpdateRules
from training.drift import drift, due


def idf_of(df: list[int], articles: int) -> np.ndarray:
    return (np.log((1 + articles) / (1 + np.array(df))) + 1).astype(np.float32)


def test_an_archive_as_it_was_trained_has_no_drift() -> None:
    terms = np.array([0, 1, 0, 0, 2], dtype=np.int32)
    figures = drift(Lineage("v", 3, 9.0), idf_of([3, 1, 1], 3), terms, 3)
    assert figures == {"unknown_terms": 0.0, "idf_change": 0.0, "turnover": 0.0}
    assert due(figures, UpdateRules()) == ()


def test_figures_are_shares_of_what_came_since() -> None:
    terms = np.array([0, 0, 0, 1], dtype=np.int32)  # term 0 stands in three articles of four, term 1 in one
    lineage = Lineage("v", 10, 9.0, Changes(3, 1, 2), terms=40, unknown_terms=10)
    was = idf_of([1, 1], 2)
    figures = drift(lineage, was, terms, 4)
    now = np.log(5 / np.array([4, 2])) + 1
    expected = float((np.array([3, 1]) * np.abs(now - was)).sum() / 4)
    assert figures == {"unknown_terms": 0.25, "idf_change": pytest.approx(expected, abs=1e-4), "turnover": 0.6}
    reasons = due(figures, UpdateRules(unknown_terms=0.25, idf_change=9, turnover=0.7))
    assert reasons == ("unknown_terms is 0.250, a full training is due from 0.250",)


def test_an_archive_without_words_does_not_drift() -> None:
    figures = drift(Lineage("v", 0, 1.0), np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int32), 1)
    assert figures == {"unknown_terms": 0.0, "idf_change": 0.0, "turnover": 0.0}
