"""The systems side by side: each turns queries and documents into scores.

Peers are written after their published formulas: scikit-learn's own TfidfVectorizer; BM25 (k1 1.2,
b .75) as in Lucene, on raw words and on the terms of an Arabic light stemmer; Lucene's MoreLikeThis,
which asks BM25 with the 25 heaviest terms of an article (min tf 2, min df 5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.relevance.corpus import Counter, words
from models.analysis import Analyzer
from models.tfidf import TfidfModel, Weighting
from training.neighbours import COVERAGE_POWER

K1, B = 1.2, 0.75
MLT_TERMS, MLT_MIN_TF, MLT_MIN_DF = 25, 2, 5

_PREFIX = re.compile(r"^(?:وال|بال|كال|فال|لل|ال|و(?=...))(?=..)")
_SUFFIX = re.compile(r"(?<=..)(?:ها|ان|ات|ون|ين|يه|ه|ي)$")


@dataclass(frozen=True)
class Text:
    """What a system is given of an article; an index of bodies has no titles."""

    title: str
    body: str


Scores = Callable[[np.ndarray], np.ndarray]  # rows of queries → queries × documents
System = Callable[[Sequence[Text], Sequence[Text]], Scores]


def silah(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """This product: its analyzer and weighting, learned from the documents."""
    analyzer, weighting, counter = Analyzer(), Weighting(), Counter()

    def terms(text: Text) -> list[str]:
        return analyzer.terms(text.title) * weighting.title_weight + analyzer.terms(text.body)

    counted = counter.count(map(terms, documents))
    asked = counter.count(map(terms, queries))[:, : counted.shape[1]]
    model = TfidfModel.fit(list(counter.number_of)[: counted.shape[1]], counted, weighting)
    asked = sparse.csr_array(asked)
    cosines = _products(model.vectors(asked), model.vectors(counted))
    coverages = _products(model.shares(asked), model.saturations(counted))
    short = np.diff(asked.indptr) <= weighting.short_terms
    return lambda rows: np.where(short[rows][:, None], coverages(rows) ** COVERAGE_POWER, cosines(rows))


def scikit_learn(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """TfidfVectorizer as it comes, cosine."""
    vectorizer = TfidfVectorizer(dtype=np.float32)
    found = vectorizer.fit_transform(f"{text.title}\n{text.body}" for text in documents)
    asked = vectorizer.transform(f"{text.title}\n{text.body}" for text in queries)
    return _products(sparse.csr_array(asked), sparse.csr_array(found))


def bm25(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """BM25 on normalized words."""
    return _bm25(queries, documents, words)


def lucene(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """BM25 on light-stemmed words, all terms of the query."""
    return _bm25(queries, documents, _light)


def more_like_this(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """BM25 on light-stemmed words, the 25 heaviest terms of the query."""
    return _bm25(queries, documents, _light, MLT_TERMS)


SYSTEMS: dict[str, System] = {
    "Silah": silah,
    "scikit-learn TfidfVectorizer": scikit_learn,
    "BM25, words": bm25,
    "Lucene's BM25, light stems": lucene,
    "Lucene's MoreLikeThis": more_like_this,
}


def _light(text: str) -> list[str]:
    stops = _STOPS
    return [_SUFFIX.sub("", _PREFIX.sub("", word)) for word in words(text) if word not in stops]


_STOPS = frozenset(
    words("من في على الى عن مع ان او ثم لم لا ما هو هي هذا هذه ذلك التي الذي كان كما قد بين كل بعد قبل و")
)


def _bm25(
    queries: Sequence[Text], documents: Sequence[Text], tokens: Callable[[str], list[str]], most: int | None = None
) -> Scores:
    counter = Counter()
    found = counter.count(tokens(f"{text.title}\n{text.body}") for text in documents)
    asked = counter.count(tokens(f"{text.title}\n{text.body}") for text in queries)[:, : found.shape[1]]
    articles = found.shape[0]
    df = np.bincount(found.indices, minlength=found.shape[1])
    idf = np.log(1 + (articles - df + 0.5) / (df + 0.5)).astype(np.float32)
    lengths = np.asarray(found.sum(axis=1)).ravel()
    norm = np.repeat(K1 * (1 - B + B * lengths / lengths.mean()), np.diff(found.indptr))
    found.data = (idf[found.indices] * found.data / (found.data + norm)).astype(np.float32)
    asked = sparse.csr_array(asked)
    if most is not None:
        asked = _heaviest(asked, idf, df, most)
    return _products(asked, found)


def _heaviest(asked: sparse.csr_array, idf: np.ndarray, df: np.ndarray, most: int) -> sparse.csr_array:
    kept = asked.copy()
    for first, last in zip(asked.indptr[:-1], asked.indptr[1:], strict=True):
        terms, tf = asked.indices[first:last], asked.data[first:last]
        # a short query has no term twice: all its terms are asked, as Lucene's users set it
        good = (df[terms] >= MLT_MIN_DF) & (tf >= (MLT_MIN_TF if last - first > MLT_TERMS else 1))
        worth = np.where(good, tf * idf[terms], 0)
        chosen = np.argsort(-worth, kind="stable")[:most]
        kept.data[first:last] = 0
        kept.data[first + chosen] = (worth[chosen] > 0).astype(np.float32)
    kept.eliminate_zeros()
    return kept


def _products(asked: sparse.csr_array, found: sparse.csr_array) -> Scores:
    across = sparse.csc_array(found.T)
    return lambda rows: np.asarray((asked[rows] @ across).todense(), dtype=np.float32)
