"""TfidfModel: a vocabulary, its idf and a weighting; term counts become unit vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from scipy import sparse

from models.analysis import Analyzer
from models.limits import NO_OTHERS, Amount, Count, Share, Whole

Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]

COVERAGE_POWER = 1.5  # a coverage of .4 is as telling as a cosine of .25, one of .2 as one of .1
ENTRIES = 1 << 22  # counted together: numpy counts what it has made int64


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
        max_terms: the heaviest terms kept of each article, and of its lead.
        lead_terms: so many first terms of the body are its lead, with those of the title: what happened,
            to whom and where, in the order that news is written in.
        lead_weight: how much likeness of leads counts, against once for likeness of whole articles.
        short_terms: an article of no more distinct terms is a headline, see :meth:`TfidfModel.shares`.
        saturation, length_share: BM25's k1 and b for what is found of a headline.
        lead_coverage: how often a word of the lead counts beside its count in the article, for headlines.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    title_weight: Whole = 3
    tag_weight: Whole = 1
    tf_exponent: Amount = 0.5
    burst_weight: Amount = 1.0
    min_df: Count = 1
    max_terms: Count = 200
    lead_terms: Whole = 40
    lead_weight: Amount = 0.5
    short_terms: Whole = 15
    saturation: Amount = 1.2
    length_share: Share = 0.75
    lead_coverage: Amount = 3.0


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
        return cls.of_clean(analyzer, title, analyzer.clean(body).text, tags)

    @classmethod
    def of_clean(cls, analyzer: Analyzer, title: str, text: str, tags: Iterable[str]) -> TextTerms:
        """Analyse the parts of an article whose body is plain text without page furniture already."""
        return cls(analyzer.terms(title), analyzer.terms(text), analyzer.terms("\n".join(tags)))

    def counts(self, weighting: Weighting) -> Counter[str]:
        """How often each term counts."""
        return term_counts(self.title, self.body, self.tags, weighting)

    def lead(self, weighting: Weighting) -> Counter[str]:
        """How often each term stands in the lead: the title and the first ``lead_terms`` of the body."""
        title = self.title if weighting.title_weight else ()
        return Counter((*title, *self.body[: weighting.lead_terms]))


@dataclass(frozen=True, slots=True)
class CountMatrix:
    """Counts of articles, each articles × vocabulary, float32, term numbers ascending in each row.

    Attributes:
        whole: how often each term counts in an article.
        lead: how often it stands in its title and first words.
    """

    whole: sparse.csr_array[Any]
    lead: sparse.csr_array[Any]


@dataclass(frozen=True, slots=True)
class SparseVector:
    """A unit vector: column numbers, ascending, with their weights; see :meth:`TfidfModel.vectors`."""

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
        articles, terms = counts.shape
        df, cf = np.zeros(terms, dtype=np.int64), np.zeros(terms)
        for start in range(0, counts.nnz, ENTRIES):
            numbers, values = counts.indices[start : start + ENTRIES], counts.data[start : start + ENTRIES]
            df += np.bincount(numbers, minlength=terms)
            cf += np.bincount(numbers, values, minlength=terms)
        idf = np.log(np.float32(1 + articles) / (1 + df.astype(np.float32))) + np.float32(1)
        residual = np.log(articles / df) + np.log1p(-np.exp(-cf / articles))
        burst = 1 + weighting.burst_weight * np.maximum(residual, 0)
        return cls(vocabulary, idf, burst.astype(np.float32), weighting)

    @cached_property
    def importance(self) -> Float32Array:
        """float32, one a term: idf times burst."""
        return self.idf * self.burst

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Term → number."""
        return {term: number for number, term in enumerate(self.vocabulary)}

    def term_numbers(self, columns: Int32Array) -> Int32Array:
        """The number of the term that each column of a vector weighs, in the whole article or in its lead."""
        return columns % max(len(self.idf), 1)

    # vector = (whole / |whole| , √lead_weight · lead / |lead|), then unit length, so that
    # cosine = (cosine of wholes + lead_weight · cosine of leads) / (1 + lead_weight)
    def vectors(self, counts: CountMatrix) -> sparse.csr_array[Any]:
        """Counts as unit rows of float32, articles × twice the vocabulary.

        A term's number is the column of its weight in the whole article; that of its weight in the
        lead comes a vocabulary later. Of each at most ``max_terms`` are kept. Columns ascend; a row
        without known terms stays empty.
        """
        if self.weighting.lead_weight == 0:
            whole = self._unit_rows(counts.whole)
            return sparse.csr_array(
                (whole.data, whole.indices, whole.indptr), shape=(whole.shape[0], 2 * len(self.idf))
            )
        lead = self._unit_rows(counts.lead)
        lead.data *= np.float32(self.weighting.lead_weight**0.5)
        return _unit(sparse.hstack((self._unit_rows(counts.whole), lead), format="csr"))

    def lengths(self, counts: CountMatrix) -> Int64Array:
        """How many weights :meth:`vectors` has of each article, int64 (n,)."""
        kept = (counts.whole,) if self.weighting.lead_weight == 0 else (counts.whole, counts.lead)
        lengths = [np.minimum(np.diff(part.indptr), self.weighting.max_terms) for part in kept]
        return cast("Int64Array", np.sum(lengths, axis=0, dtype=np.int64))

    def _unit_rows(self, counts: sparse.csr_array[Any]) -> sparse.csr_array[Any]:
        """The heaviest ``max_terms`` of each row as unit rows."""
        lengths = np.diff(counts.indptr)
        rows = np.repeat(np.arange(counts.shape[0]), lengths)
        weights = (
            counts.data.astype(np.float32) ** np.float32(self.weighting.tf_exponent) * self.importance[counts.indices]
        )
        # heaviest first within each row, the lower term number first among equals
        order = np.lexsort((counts.indices, -weights, rows))
        rank = np.arange(len(order)) - np.repeat(counts.indptr[:-1], lengths)
        kept = np.sort(order[rank < self.weighting.max_terms])
        indptr = np.concatenate(([0], np.cumsum(np.bincount(rows[kept], minlength=counts.shape[0]))))
        return _unit(sparse.csr_array((weights[kept], counts.indices[kept], indptr), shape=counts.shape))

    # A headline alone is asked as a search box is: how much of it does an article cover?
    # coverage = Σ_t share_t · tf_t / (tf_t + k1 · (1 - b + b · length / mean length)), share_t ∝ idf_t · burst_t
    # (BM25: Robertson & Zaragoza 2009). The cosine would prefer short articles to those that cover more.
    def headlines(self, counts: sparse.csr_array[Any]) -> NDArray[np.bool_]:
        """Which rows of counts, or of what else has an entry for each of their terms, are headlines."""
        short: NDArray[np.bool_] = np.diff(counts.indptr) <= self.weighting.short_terms
        return short

    def shares(self, counts: sparse.csr_array[Any]) -> sparse.csr_array[Any]:
        """Counts of headlines as rows of sum 1: the importance of each term among all of its headline."""
        importance = self.importance[counts.indices]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        totals = np.bincount(rows, importance, minlength=counts.shape[0])
        return sparse.csr_array(
            ((importance / totals[rows]).astype(np.float32), counts.indices, counts.indptr), shape=counts.shape
        )

    def saturations(self, counts: CountMatrix, mean_length: float | None = None) -> sparse.csr_array[Any]:
        """Counts of articles as what each term adds to the coverage of a headline, 0 to 1.

        Without ``mean_length``, that of these articles stands for all.
        """
        found = sparse.csr_array(counts.whole + np.float32(self.weighting.lead_coverage) * counts.lead)
        lengths = np.asarray(found.sum(axis=1)).ravel()
        relative = lengths / (_mean(lengths) if mean_length is None else mean_length)
        half = self.weighting.saturation * (1 - self.weighting.length_share + self.weighting.length_share * relative)
        found.data /= found.data + np.repeat(half, np.diff(found.indptr))
        return found

    def mean_length(self, counts: CountMatrix) -> float:
        """The length that :meth:`saturations` measures articles by: the mean of their counts, leads counted again."""
        lengths = counts.whole.sum(axis=1) + np.float32(self.weighting.lead_coverage) * counts.lead.sum(axis=1)
        return _mean(np.asarray(lengths).ravel())

    def count(self, texts: Iterable[TextTerms]) -> CountMatrix:
        """Counts of texts over this vocabulary; terms that are not in it are left out."""
        given = list(texts)
        return CountMatrix(
            self._counted([text.counts(self.weighting) for text in given]),
            self._counted([text.lead(self.weighting) for text in given]),
        )

    def vector(self, text: TextTerms) -> SparseVector:
        """The unit vector of one text, by the same arithmetic as :meth:`vectors`."""
        row = self.vectors(self.count([text]))
        return SparseVector(row.indices.astype(np.int32), row.data)

    def _counted(self, texts: Sequence[Mapping[str, int]]) -> sparse.csr_array[Any]:
        number_of = self.number_of
        indptr = [0]
        numbers: list[int] = []
        counts: list[int] = []
        for text in texts:
            known = sorted((number_of[term], count) for term, count in text.items() if term in number_of)
            numbers.extend(number for number, _ in known)
            counts.extend(count for _, count in known)
            indptr.append(len(numbers))
        data, columns = np.array(counts, dtype=np.float32), np.array(numbers, dtype=np.int32)
        return sparse.csr_array((data, columns, np.array(indptr)), shape=(len(texts), len(self.idf)))


def _mean(lengths: np.ndarray) -> float:
    return max(float(lengths.mean()), 1e-9) if len(lengths) else 1.0


def _unit(rows: sparse.csr_array[Any]) -> sparse.csr_array[Any]:
    """Rows of float32 brought to length 1."""
    place = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    norms = np.sqrt(np.bincount(place, rows.data.astype(np.float64) ** 2, minlength=rows.shape[0]))
    return sparse.csr_array(
        ((rows.data / norms[place]).astype(np.float32), rows.indices, rows.indptr), shape=rows.shape
    )
