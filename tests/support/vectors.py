"""Random unit vectors that are like an archive's: topics, words of all topics, copies, articles without a word."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

WORDS = 600
OF_TOPIC = 60


def topical_rows(articles: int, seed: int) -> sparse.csr_array[Any]:
    """Unit rows: words by Zipf's law, weighed by idf, a third of each row from its topic; every 29th row is empty."""
    chance = np.random.default_rng(seed)
    frequency = np.cumsum(1 / np.arange(2, WORDS + 2))
    words = np.searchsorted(frequency / frequency[-1], chance.random((articles, 24)))
    topics = chance.integers(WORDS, size=(max(articles // 40, 1), OF_TOPIC))
    of_topic = topics[
        chance.integers(len(topics), size=articles)[:, None], chance.integers(OF_TOPIC, size=(articles, 12))
    ]
    columns = np.hstack((words, of_topic)).ravel()
    counts = sparse.coo_array(
        (np.ones(len(columns), dtype=np.float32), (np.repeat(np.arange(articles), 36), columns)), (articles, WORDS)
    )
    rows = sparse.csr_array(counts)
    df = np.bincount(rows.indices, minlength=WORDS)
    rows.data = np.sqrt(rows.data) * np.log((1 + articles) / (1 + df))[rows.indices]
    copies = np.arange(articles)
    rows.data[np.repeat(copies % 29 == 28, np.diff(rows.indptr))] = 0
    rows.eliminate_zeros()
    copies[5::17] = 4 * (articles > 4)  # and every 17th is a copy of one
    rows = rows[copies]
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.sort_indices()
    rows.data /= np.repeat(np.where(norms == 0, 1, norms), np.diff(rows.indptr))
    return sparse.csr_array((rows.data.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)
