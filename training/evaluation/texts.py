"""Texts that are measured on: cleaned once, cut and counted for every system alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from models.analysis import Analyzer
from models.analysis.normalization import normalize
from models.analysis.tokenization import tokenize
from models.article import Article

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Text:
    """What a system is given of an article; an index of bodies has no titles."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """One article; the title is taken off the head of the body, where it often stands again."""

    article: Article
    title: str
    body: str

    @classmethod
    def of(cls, article: Article, analyzer: Analyzer) -> Document:
        """The article with page furniture taken off."""
        body = analyzer.clean(article.body).text
        return cls(article, article.title, body.removeprefix(article.title).strip())

    @property
    def day(self) -> float:
        """Days since 1970; nan when the time is unknown."""
        published = self.article.published_at
        return np.nan if published is None else published.timestamp() / DAY


def words(text: str) -> list[str]:
    """Normalized words, stop words included: what labels are made of, so that they favour no stemmer."""
    return tokenize(normalize(text))


class Counter:
    """Counts tokens of texts over one growing vocabulary."""

    def __init__(self) -> None:
        self.number_of: dict[str, int] = {}

    def count(self, texts: Iterable[Sequence[str]]) -> sparse.csr_array[Any]:
        """Counts, texts × vocabulary so far, float32."""
        indptr = [0]
        numbers: list[int] = []
        for tokens in texts:
            numbers.extend(self.number_of.setdefault(token, len(self.number_of)) for token in tokens)
            indptr.append(len(numbers))
        shape = (len(indptr) - 1, len(self.number_of))
        matrix = sparse.csr_array((np.ones(len(numbers), dtype=np.float32), numbers, indptr), shape=shape)
        matrix.sum_duplicates()
        return matrix


def grams(body: str) -> frozenset[int]:
    """Hashes of the runs of five words of a text."""
    tokens = words(body)
    return frozenset(hash(tuple(tokens[start : start + 5])) for start in range(max(len(tokens) - 4, 0)))


def shared(one: frozenset[int], other: frozenset[int]) -> float:
    """Share of the smaller set that stands in the larger (containment, Broder 1997); 0 when either is empty."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0
