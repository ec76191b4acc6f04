"""Shingling: what the compiled way finds in many articles is what the plain one finds in each."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.stories import shingles
from training.shingling import shingled

TERMS = ["سد", "وادي", "ماء", "2017", "u.s", "كأس", "é"]


@given(st.lists(st.lists(st.sampled_from(range(len(TERMS))), max_size=9), max_size=6))
def test_many_articles_have_the_shingles_that_each_has_alone(articles: list[list[int]]) -> None:
    numbers = np.array([number for article in articles for number in article], dtype=np.int32)
    lengths = np.array([len(article) for article in articles], dtype=np.int64)
    found, counts = shingled(TERMS, numbers, np.cumsum(lengths) - lengths, lengths)
    expected = [shingles([TERMS[number] for number in article]) for article in articles]
    assert counts.tolist() == [len(one) for one in expected]
    assert found.tolist() == [mark for one in expected for mark in one.tolist()]
