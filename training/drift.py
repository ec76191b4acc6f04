"""Drift: how far an archive that was updated is from its last full training, and whether the next one is due.

- ``unknown_terms``: of the terms of the articles that came or changed since, the share that the vocabulary
  lacks. They join these articles to none, until a full training takes them up.
- ``idf_change``: how far the idf that is weighed with is from that of the archive as it is; the mean over
  all terms of all articles, so that a term counts as often as it is met: ``Σ df · |idf now - idf| / Σ df``.
- ``turnover``: articles that came, changed or went since, as a share of those of the full training.
"""

from __future__ import annotations

import numpy as np

from models.artifact import Lineage
from models.tfidf import Float32Array, Int32Array
from training.config import UpdateRules

FIGURES = ("unknown_terms", "idf_change", "turnover")


def drift(lineage: Lineage, idf: Float32Array, terms: Int32Array, articles: int) -> dict[str, float]:
    """The figures by name; ``terms`` are those of each of the articles, one article after the other."""
    df = np.bincount(terms, minlength=len(idf))
    now = np.log((1 + articles) / (1 + df)) + 1
    since = lineage.since
    return {
        "unknown_terms": round(lineage.unknown_terms / max(lineage.terms, 1), 4),
        "idf_change": round(float((df * np.abs(now - idf)).sum() / max(df.sum(), 1)), 4),
        "turnover": round((since.added + since.changed + since.deleted) / max(lineage.articles, 1), 4),
    }


def due(figures: dict[str, float], rules: UpdateRules) -> tuple[str, ...]:
    """Why a full training is due: a sentence for each figure that has come to its limit."""
    limits = {name: float(getattr(rules, name)) for name in FIGURES}
    return tuple(
        f"{name} is {figures[name]:.3f}, a full training is due from {limits[name]:.3f}"
        for name in FIGURES
        if figures[name] >= limits[name]
    )
