"""Counting: many articles at once count as each counts alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.tfidf import TextTerms, Weighting
from training.counting import counted

TERMS = [*"ابتثجحخ"]

part = st.lists(st.sampled_from(range(len(TERMS))), max_size=8)
weightings = st.builds(
    Weighting, title_weight=st.integers(0, 3), tag_weight=st.integers(0, 2), lead_terms=st.integers(0, 5)
)


@given(st.lists(st.tuples(part, part, part), max_size=5), weightings)
def test_many_articles_count_as_each_alone(articles: list[tuple[list[int], ...]], weighting: Weighting) -> None:
    numbers = np.array([number for article in articles for text in article for number in text], dtype=np.int32)
    parts = np.array([[*map(len, article)] for article in articles], dtype=np.int64).reshape(-1, 3)
    lengths, terms, counts, lead = counted(len(TERMS), numbers, parts, weighting)
    ends = np.cumsum(lengths)
    for article, first, last in zip(articles, (ends - lengths).tolist(), ends.tolist(), strict=True):
        alone = TextTerms(*([TERMS[number] for number in text] for text in article))
        own = terms[first:last].tolist()
        assert own == sorted(own)
        assert {TERMS[term]: count for term, count in zip(own, counts[first:last], strict=True)} == alone.counts(
            weighting
        )
        in_lead = alone.lead(weighting)
        assert lead[first:last].tolist() == [in_lead[TERMS[term]] for term in own]
