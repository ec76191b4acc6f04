"""The articles that are measured on: read, cleaned and counted once for every system."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from models.analysis import Analyzer
from models.analysis.normalization import normalize
from models.analysis.tokenization import tokenize
from models.article import Article

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Document:
    """One article; the title is taken off the head of the body, where it often stands again."""

    article: Article
    title: str
    body: str

    @property
    def day(self) -> float:
        """Days since 1970; every article of these corpora has a time."""
        assert self.article.published_at is not None
        return self.article.published_at.timestamp() / DAY


def read(path: Path) -> list[Document]:
    """The articles of a file of records."""
    analyzer = Analyzer()
    documents = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = Article.from_record(json.loads(line))
            body = analyzer.clean(article.body).text
            documents.append(Document(article, article.title, body.removeprefix(article.title).strip()))
    return documents


def words(text: str) -> list[str]:
    """Normalized words, stop words included: what labels are made of, so that they favour no stemmer."""
    return tokenize(normalize(text))


class Counter:
    """Counts tokens of texts over one growing vocabulary."""

    def __init__(self) -> None:
        self.number_of: dict[str, int] = {}

    def count(self, texts: Iterable[Sequence[str]]) -> sparse.csr_array:
        """Counts, texts × vocabulary so far, float32."""
        indptr, numbers = [0], []
        for tokens in texts:
            numbers.extend(self.number_of.setdefault(token, len(self.number_of)) for token in tokens)
            indptr.append(len(numbers))
        shape = (len(indptr) - 1, len(self.number_of))
        matrix = sparse.csr_array((np.ones(len(numbers), dtype=np.float32), numbers, indptr), shape=shape)
        matrix.sum_duplicates()
        return matrix

    def widen(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """A matrix counted earlier, as wide as the vocabulary is now."""
        shape = (matrix.shape[0], len(self.number_of))
        return sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=shape)
