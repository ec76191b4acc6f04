"""TfidfModel: a vocabulary, its idf and a weighting; term counts become unit vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from scipy import sparse

from models.analysis import Analyzer
from models.limits import NO_OTHERS, Amount, Count, Share, Whole

Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Weighting:
    """How counts become weights; part of every model.

    The defaults were chosen by measurement; see docs/relevance.md.

    Attributes:
        title_weight: how often each word of the title counts, against once for a word of the body.
        tag_weight: the same for each word of the tags.
        tf_exponent: a count ``c`` becomes ``c ** tf_exponent``.
        burst_weight: how much more a term weighs that clumps in few articles, see :meth:`TfidfModel.fit`.
        min_df: a term of fewer articles is left out of the vocabulary. A term of one article joins
            it to no other, but to the drafts that name the same thing.
        max_terms: the heaviest terms kept of each article.
        short_terms: an article of no more distinct terms is a headline, see :meth:`TfidfModel.shares`.
        saturation, length_share: BM25's k1 and b for what is found of a headline.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    title_weight: Whole = 3
    tag_weight: Whole = 1
    tf_exponent: Amount = 0.5
    burst_weight: Amount = 1.0
    min_df: Count = 1
    max_terms: Count = 200
    short_terms: Whole = 15
    saturation: Amount = 0.8
    length_share: Share = 0.75


def term_counts(title: Iterable[str], body: Iterable[str], tags: Iterable[str], weighting: Weighting) -> Counter[str]:
    """How often each term counts in an article of these terms; terms that count 0 are left out."""
    counts = Counter(body)
    for terms, weight in ((title, weighting.title_weight), (tags, weighting.tag_weight)):
        if weight:
            for term in terms:
                counts[term] += weight
    return counts


@dataclass(frozen=True, slots=True)
class TextTerms:
    """The terms of an article's parts, in reading order."""

    title: Sequence[str]
    body: Sequence[str]
    tags: Sequence[str]

    @classmethod
    def of(cls, analyzer: Analyzer, title: str, body: str, tags: Iterable[str]) -> TextTerms:
        """Analyse the parts; page furniture leaves the body first."""
        body_terms = analyzer.terms(analyzer.clean(body).text)
        return cls(analyzer.terms(title), body_terms, analyzer.terms("\n".join(tags)))

    def counts(self, weighting: Weighting) -> Counter[str]:
        """How often each term counts."""
        return term_counts(self.title, self.body, self.tags, weighting)


@dataclass(frozen=True, slots=True)
class SparseVector:
    """A unit vector: term numbers, ascending, with their weights."""

    terms: Int32Array
    weights: Float32Array


@dataclass(frozen=True)
class TfidfModel:
    """Vocabulary and idf of one training.

    Attributes:
        vocabulary: the terms, sorted; a term's number is its place here.
        idf: float32, one a term: ``ln((1 + N) / (1 + df)) + 1`` (scikit-learn's smooth idf).
        burst: float32, one a term, 1 or more: what its weight is multiplied with for its burstiness.
    """

    vocabulary: Sequence[str]
    idf: Float32Array
    burst: Float32Array
    weighting: Weighting

    @classmethod
    def fit(cls, vocabulary: Sequence[str], counts: sparse.csr_array[Any], weighting: Weighting) -> TfidfModel:
        """Learn the idf and the burstiness of a matrix of counts, articles × vocabulary.

        A name that an affair is about comes again and again in few articles; a word of every
        report comes once in many, even when it is as rare. Residual idf tells them apart: how much
        rarer a term is, by articles, than if its occurrences fell at random (Church & Gale 1995,
        "Inverse document frequency: a measure of deviations from Poisson")::

            residual = ln(N / df) - ln(1 / (1 - exp(-cf / N))),  burst = 1 + burst_weight · max(residual, 0)
        """
        if not vocabulary:
            nothing = np.empty(0, dtype=np.float32)
            return cls(vocabulary, nothing, nothing, weighting)
        from sklearn.feature_extraction.text import TfidfTransformer  # a second of loading: for training only  # noqa: PLC0415

        transformer = TfidfTransformer(smooth_idf=True).fit(counts)
        articles, terms = counts.shape
        df = np.bincount(counts.indices, minlength=terms)
        cf = np.bincount(counts.indices, weights=counts.data, minlength=terms)
        residual = np.log(articles / df) + np.log1p(-np.exp(-cf / articles))
        burst = 1 + weighting.burst_weight * np.maximum(residual, 0)
        return cls(vocabulary, np.asarray(transformer.idf_, dtype=np.float32), burst.astype(np.float32), weighting)

    @cached_property
    def importance(self) -> Float32Array:
        """float32, one a term: idf times burst."""
        return self.idf * self.burst

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Term → number."""
        return {term: number for number, term in enumerate(self.vocabulary)}

    def vectors(self, counts: sparse.csr_array[Any]) -> sparse.csr_array[Any]:
        """Counts (articles × vocabulary) as unit rows of float32, at most ``max_terms`` a row.

        Rows keep their term numbers ascending; a row without known terms stays empty.
        """
        lengths = np.diff(counts.indptr)
        rows = np.repeat(np.arange(counts.shape[0]), lengths)
        weights = (
            counts.data.astype(np.float32) ** np.float32(self.weighting.tf_exponent) * self.importance[counts.indices]
        )
        # heaviest first within each row, the lower term number first among equals
        order = np.lexsort((counts.indices, -weights, rows))
        rank = np.arange(len(order)) - np.repeat(counts.indptr[:-1], lengths)
        kept = np.sort(order[rank < self.weighting.max_terms])
        rows, terms, weights = rows[kept], counts.indices[kept], weights[kept]
        norms = np.sqrt(np.bincount(rows, weights.astype(np.float64) ** 2, minlength=counts.shape[0]))
        weights = (weights / norms[rows]).astype(np.float32)
        indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=counts.shape[0]))))
        return sparse.csr_array((weights, terms, indptr), shape=counts.shape)

    # A headline alone is asked as a search box is: how much of it does an article cover?
    # coverage = Σ_t share_t · tf_t / (tf_t + k1 · (1 - b + b · length / mean length)), share_t ∝ idf_t · burst_t
    # (BM25: Robertson & Zaragoza 2009). The cosine would prefer short articles to those that cover more.
    def shares(self, counts: sparse.csr_array[Any]) -> sparse.csr_array[Any]:
        """Counts of headlines as rows of sum 1: the importance of each term among all of its headline."""
        importance = self.importance[counts.indices]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        totals = np.bincount(rows, importance, minlength=counts.shape[0])
        return sparse.csr_array(
            ((importance / totals[rows]).astype(np.float32), counts.indices, counts.indptr), shape=counts.shape
        )

    def saturations(self, counts: sparse.csr_array[Any]) -> sparse.csr_array[Any]:
        """Counts of articles as what each term adds to the coverage of a headline, 0 to 1."""
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        relative = lengths / max(float(lengths.mean()), 1e-9) if len(lengths) else lengths
        half = self.weighting.saturation * (1 - self.weighting.length_share + self.weighting.length_share * relative)
        found = counts.data / (counts.data + np.repeat(half, np.diff(counts.indptr)))
        return sparse.csr_array((found.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)

    def vector(self, term_counts: Mapping[str, float]) -> SparseVector:
        """The unit vector of one text's term counts, by the same arithmetic as :meth:`vectors`."""
        number_of = self.number_of
        known = sorted((number_of[term], count) for term, count in term_counts.items() if term in number_of)
        terms = np.array([number for number, _ in known], dtype=np.int32)
        counts = np.array([count for _, count in known], dtype=np.float32)
        row = self.vectors(sparse.csr_array((counts, terms, [0, len(terms)]), shape=(1, len(self.idf))))
        return SparseVector(row.indices.astype(np.int32), row.data)
