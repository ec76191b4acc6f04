"""The lists of a whole site: the latest, the most read, what is trending; read top to bottom, wiring only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.candidates import Candidates, Query, Reason, Recommendation
from models.index import ArticleIndex
from models.popularity import Ranking
from models.recommenders import Recommender, filled
from models.reranking import one_per_story
from models.retrieval import allowed

LOOKED_UP = 64  # articles at a time: most lists are full with the first


def latest_news(recommender: Recommender, query: Query) -> list[Recommendation]:
    """«آخر الأخبار»: newest first, the newest of each story; its reason is that of the fallback of this name."""
    return filled(recommender, [], query, None, Reason.LATEST)


# score = readers within the window / those of the most read article of the site
def most_read(recommender: Recommender, query: Query) -> list[Recommendation]:
    """«الأكثر قراءة»: most readers first, the most read of each story; nothing where nobody read."""
    popularity = recommender.popularity
    return [] if popularity is None else _standing(recommender.index, popularity.most_read(query.as_of), query)


# score = decayed readers / those of the first article of the site
def trending(recommender: Recommender, query: Query) -> list[Recommendation]:
    """«الرائج الآن»: as the most read, where a reading weighs half with each half-life."""
    popularity = recommender.popularity
    return [] if popularity is None else _standing(recommender.index, popularity.trending(query.as_of), query)


def _standing(index: ArticleIndex, ranking: Ranking, query: Query) -> list[Recommendation]:
    """The first of a ranking that the query allows, one article a story."""
    told = np.empty(0, dtype=np.int32)
    places: list[Recommendation] = []
    for block in _blocks(index, ranking):
        kept = one_per_story(index, block.take(allowed(index, block.rows, query)), told)
        for row, score in zip(kept.rows.tolist(), kept.scores.tolist(), strict=True):
            if len(places) == query.limit or score < query.min_score:
                return places
            places.append(Recommendation(row, len(places) + 1, score, 0.0, Reason.POPULAR))
        told = np.concatenate((told, kept.rows))
    return places


def _blocks(index: ArticleIndex, ranking: Ranking) -> Iterator[Candidates]:
    """Those of a ranking that the index holds, best first, equal ones newer first, then by id."""
    for block in ranking.blocks(LOOKED_UP):
        known = [(row, share) for one, share in block if (row := index.find(one)) is not None]
        rows = np.array([row for row, _ in known], dtype=np.int32)
        yield index.ranked(Candidates(rows, np.array([share for _, share in known], dtype=np.float32)))
