"""Explanation: the words that two articles share, as the reader sees them, heaviest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.analysis import Analyzer
from models.article import Article
from models.tfidf import SparseVector, TfidfModel

MATCHED_TERMS = 8


@dataclass(frozen=True, slots=True)
class MatchedTerm:
    """A word in its surface form and its share of the cosine, 0 to 1."""

    term: str
    weight: float


def matched_terms(
    analyzer: Analyzer, tfidf: TfidfModel, source: Article, one: SparseVector, other: SparseVector
) -> list[MatchedTerm]:
    """The shared terms of two vectors by their part of the cosine, in the words of the source article."""
    columns, mine, theirs = np.intersect1d(one.terms, other.terms, assume_unique=True, return_indices=True)
    shared, places = np.unique(tfidf.term_numbers(columns), return_inverse=True)
    parts = np.bincount(places, one.weights[mine] * other.weights[theirs], minlength=len(shared))
    heaviest = np.lexsort((shared, -parts))[:MATCHED_TERMS]
    surfaces = analyzer.surfaces("\n".join((source.title, analyzer.clean(source.body).text, *source.tags)))
    words = [tfidf.vocabulary[shared[place]] for place in heaviest]
    return [
        MatchedTerm(surfaces.get(word, word), round(float(parts[place]), 4))
        for word, place in zip(words, heaviest, strict=True)
    ]
