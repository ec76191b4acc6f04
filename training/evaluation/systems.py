"""Systems side by side: each turns queries and documents into scores.

A version of ours ranks by its own analyzer, vocabulary and weights. The peers see the same cleaned
texts: scikit-learn's ``TfidfVectorizer`` as it comes; BM25 (Robertson & Zaragoza 2009) on normalized
words with Lucene's parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse

from models.analysis import Analyzer
from models.tfidf import COVERAGE_POWER, CountMatrix, Float32Array, TextTerms, TfidfModel
from training.evaluation.texts import Counter, Text, words

K1, B = 1.2, 0.75

Scores = Callable[[np.ndarray], Float32Array]  # rows of queries → queries × documents
System = Callable[[Sequence[Text], Sequence[Text]], Scores]
Prune = Callable[[sparse.csr_array[Any], Float32Array, np.ndarray], sparse.csr_array[Any]]


def version(analyzer: Analyzer, tfidf: TfidfModel) -> System:
    """A trained version: cosine, and for headlines coverage, as in :mod:`training.neighbours`."""
    terms = cache(analyzer.terms)  # the same bodies stand in several tasks

    def counts(texts: Sequence[Text]) -> CountMatrix:
        return tfidf.count(TextTerms(terms(text.title), terms(text.body), ()) for text in texts)

    def system(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
        found = counts(documents)
        asked = found if queries is documents else counts(queries)
        cosines = products(tfidf.vectors(asked), tfidf.vectors(found))
        coverages = products(tfidf.shares(asked.whole), tfidf.saturations(found))
        short = tfidf.headlines(asked.whole)
        return lambda rows: np.where(short[rows][:, None], coverages(rows) ** COVERAGE_POWER, cosines(rows))

    return system


def scikit_learn(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """TfidfVectorizer as it comes, cosine."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second of loading: for evaluations only  # noqa: PLC0415

    vectorizer = TfidfVectorizer(dtype=np.float32)
    try:
        found = vectorizer.fit_transform(f"{text.title}\n{text.body}" for text in documents)
    except ValueError:  # not a word of two letters in all of them
        return lambda rows: np.zeros((len(rows), len(documents)), dtype=np.float32)
    asked = found if queries is documents else vectorizer.transform(f"{text.title}\n{text.body}" for text in queries)
    return products(sparse.csr_array(asked), sparse.csr_array(found))


def bm25(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """BM25 on normalized words."""
    return bm25_of(queries, documents, words)


def bm25_of(
    queries: Sequence[Text],
    documents: Sequence[Text],
    tokens: Callable[[str], list[str]],
    prune: Prune | None = None,
) -> Scores:
    """BM25 on any tokens; ``prune`` picks the terms asked, given the queries' counts, idf and df."""
    counter = Counter()
    found = counter.count(tokens(f"{text.title}\n{text.body}") for text in documents)
    asked = counter.count(tokens(f"{text.title}\n{text.body}") for text in queries)[:, : found.shape[1]]
    articles = found.shape[0]
    df = np.bincount(found.indices, minlength=found.shape[1])
    idf = np.log(1 + (articles - df + 0.5) / (df + 0.5)).astype(np.float32)
    lengths = np.asarray(found.sum(axis=1)).ravel()
    norm = np.repeat(K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1e-9)), np.diff(found.indptr))
    found.data = (idf[found.indices] * found.data / (found.data + norm)).astype(np.float32)
    asked = sparse.csr_array(asked)
    return products(asked if prune is None else prune(asked, idf, df), found)


PEERS: dict[str, System] = {"scikit_learn": scikit_learn, "bm25": bm25}


def products(asked: sparse.csr_array[Any], found: sparse.csr_array[Any]) -> Scores:
    """Inner products of rows, on demand."""
    across = sparse.csc_array(found.T)
    return lambda rows: np.asarray((asked[rows] @ across).todense(), dtype=np.float32)
