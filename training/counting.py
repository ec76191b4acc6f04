"""Counting: how often each term counts in many articles, as :class:`models.tfidf.TextTerms` counts in one, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from models.tfidf import Float32Array, Int32Array, Int64Array, Weighting


def counted(
    size: int, numbers: Int32Array, parts: Int64Array, weighting: Weighting
) -> tuple[Int32Array, Int32Array, Float32Array, Float32Array]:
    """Count articles given as numbers of terms, below ``size``, one article after the other.

    ``parts`` is int64 (n, 3): how many of them are each article's title, body and tags, in this order.

    Returns:
        int32 (n,), distinct terms of each article; their numbers, int32, ascending in each article; how often
        each counts, and how often it stands in the lead, float32.
    """
    weights = (weighting.title_weight, 1, weighting.tag_weight)
    return _counted(size, numbers, parts, weights, weighting.lead_terms)  # type: ignore[no-any-return]  # compiled


@njit(cache=True)
def _counted(size, numbers, parts, weights, lead_terms):  # type: ignore[no-untyped-def]  # compiled
    whole = np.zeros(size, dtype=np.float32)
    lead = np.zeros(size, dtype=np.float32)
    lengths = np.zeros(len(parts), dtype=np.int32)
    terms = np.empty(len(numbers), dtype=np.int32)
    counts = np.empty(len(numbers), dtype=np.float32)
    leads = np.empty(len(numbers), dtype=np.float32)
    place, filled = 0, 0
    for article in range(len(parts)):
        first = filled
        for part in range(3):
            for position in range(parts[article, part]):
                term = numbers[place]
                place += 1
                if weights[part] == 0:
                    continue
                if whole[term] == 0:
                    terms[filled] = term
                    filled += 1
                whole[term] += weights[part]
                lead[term] += part == 0 or (part == 1 and position < lead_terms)
        terms[first:filled].sort()
        lengths[article] = filled - first
        for entry in range(first, filled):
            term = terms[entry]
            counts[entry], leads[entry] = whole[term], lead[term]
            whole[term], lead[term] = 0, 0
    return lengths, terms[:filled].copy(), counts[:filled].copy(), leads[:filled].copy()
