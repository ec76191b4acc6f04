"""Co-reading: which articles the readers of one have read as well, from the readings themselves, as of any moment.

Item-based collaborative filtering (Sarwar et al. 2001), one row of it at a time: cosine over readers, shrunk where
few read both (Bell & Koren 2007). Nothing is fitted: a row is exact as of its moment, and equal on every replica.
"""

from __future__ import annotations

import numpy as np

from models.candidates import Candidates, Query
from models.edits import NO_EDITS, Edits
from models.index import ArticleIndex
from models.popularity import BUCKET, KNOWN, Popularity, counted
from models.readings import ARTICLES, Part, articles_in, readers_in
from models.retrieval import allowed

LEAST_COMMON = 3  # readers of both, below which two articles have nothing to do with each other
SHRINKAGE = 10  # readers of both at which half of the cosine counts
SAMPLE = 1000  # about so many readers of an article are looked at: those with the lowest keyed hashes
LOOKED_UP = 100  # articles that may become candidates


# common = readers of both · readers of the article / readers of the article looked at
# score = min(1, common / √(readers of the one · readers of the other)) · looked at / (looked at + SHRINKAGE)
def co_read(popularity: Popularity, article_id: str, as_of: int) -> list[tuple[str, float]]:
    """The articles that readers of one have read as well, at most ``LOOKED_UP``, best first, then by id."""
    number, readers = popularity.number_of(article_id), popularity.known_readers(as_of)
    if number is None or number >= min(len(readers), ARTICLES) or readers[number] < LEAST_COMMON:
        return []
    below = min(KNOWN, SAMPLE * KNOWN // int(readers[number]))  # a share of all hashes: who came later changes nothing
    theirs = popularity.readings.readers_of(number, KNOWN + below)
    part = popularity.readings.of_readers(theirs[theirs >= np.uint64(KNOWN)])
    past = part.buckets <= as_of // BUCKET
    part = counted(Part(part.keys[past], part.buckets[past]), popularity.rules.articles_an_hour)
    recent = part.buckets >= popularity.rules.first_counted(as_of)
    keys = part.keys[recent]
    articles = articles_in(keys)
    own = readers_in(keys[articles == number])
    common = np.bincount(articles[np.isin(readers_in(keys), own)], minlength=len(readers)).astype(np.float64)
    common[number] = 0
    others = np.flatnonzero(common >= LEAST_COMMON)
    common = common[others]
    cosines = common * int(readers[number]) / len(own) / np.sqrt(float(readers[number]) * readers[others])
    scores = np.minimum(1, cosines) * common / (common + SHRINKAGE)
    if len(scores) > LOOKED_UP:
        best = scores >= np.partition(scores, -LOOKED_UP)[-LOOKED_UP]
        others, scores = others[best], scores[best]
    ids = popularity.ids
    found = [(ids[other], score) for other, score in zip(others.tolist(), scores.tolist(), strict=True)]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:LOOKED_UP]


def read_along(
    index: ArticleIndex, popularity: Popularity, source: int, query: Query, edits: Edits = NO_EDITS
) -> Candidates:
    """The allowed articles that readers of one have read as well, scored by :func:`co_read`."""
    found = co_read(popularity, index.cards.card(source).id, query.as_of)
    known = [(row, score) for one, score in found if (row := index.find(one)) is not None]
    rows = np.array([row for row, _ in known], dtype=np.int32)
    candidates = Candidates(rows, np.array([score for _, score in known], dtype=np.float32))
    return candidates.take(allowed(index, rows, query, edits))
