"""The lists of a whole site: the latest, the most read, what is trending; read top to bottom, wiring only.

On the page of an article, ``source`` is its row, and stories of ``beside``, shown in other lists, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from models.candidates import Candidates, Query, Reason, Recommendation
from models.edits import Edits
from models.index import ArticleIndex
from models.pinning import pinned, woven
from models.popularity import Ranking
from models.recommenders import Recommender, filled
from models.reranking import one_per_story, weigh
from models.retrieval import allowed

LOOKED_UP = 64  # articles at a time: most lists are full with the first
RANKED_ANEW = 256  # articles at a time where some are boosted: none is raised past more than so many


def latest_news(
    recommender: Recommender, query: Query, source: int | None = None, beside: Sequence[Recommendation] = ()
) -> list[Recommendation]:
    """«آخر الأخبار»: newest first, the newest of each story; its reason is that of the fallback of this name."""
    edits = recommender.edits("latest", source, query)
    return filled(recommender, [], query, source, Reason.LATEST, beside, edits)


# score = readers within the window / those of the most read article of the site · boosts
def most_read(
    recommender: Recommender, query: Query, source: int | None = None, beside: Sequence[Recommendation] = ()
) -> list[Recommendation]:
    """«الأكثر قراءة»: most readers first, the most read of each story; nothing where nobody read."""
    popularity = recommender.popularity
    ranking = None if popularity is None else popularity.most_read(query.as_of)
    return _standing(recommender, ranking, query, recommender.edits("most-read", source, query), source, beside)


# score = decayed readers / those of the first article of the site · boosts
def trending(
    recommender: Recommender, query: Query, source: int | None = None, beside: Sequence[Recommendation] = ()
) -> list[Recommendation]:
    """«الرائج الآن»: as the most read, where a reading weighs half with each half-life."""
    popularity = recommender.popularity
    ranking = None if popularity is None else popularity.trending(query.as_of)
    return _standing(recommender, ranking, query, recommender.edits("trending", source, query), source, beside)


def _standing(
    recommender: Recommender,
    ranking: Ranking | None,
    query: Query,
    edits: Edits,
    source: int | None,
    beside: Sequence[Recommendation],
) -> list[Recommendation]:
    """The first of a ranking that the query and the editors allow, one article a story, around what is pinned."""
    if edits.silent:
        return []
    index = recommender.index
    told = np.array([*([] if source is None else [source]), *(item.row for item in beside)], dtype=np.int32)
    pins = pinned(index, edits, query, told)
    told = np.concatenate((told, np.array([*pins.values()], dtype=np.int32)))
    return woven(index, source, _ranked(index, ranking, query, edits, told, query.limit - len(pins)), pins)


def _ranked(
    index: ArticleIndex, ranking: Ranking | None, query: Query, edits: Edits, told: np.ndarray, wanted: int
) -> list[Recommendation]:
    """The first ``wanted`` of a ranking, no story of ``told``."""
    places: list[Recommendation] = []
    for block, boosted in _blocks(index, ranking, edits):
        kept = one_per_story(index, block.take(allowed(index, block.rows, query, edits)), told)
        for row, score in zip(kept.rows.tolist(), kept.scores.tolist(), strict=True):
            if len(places) == wanted or score < query.min_score:
                return places
            reason = Reason.BOOSTED if row in boosted else Reason.POPULAR
            places.append(Recommendation(row, len(places) + 1, min(score, 1.0), 0.0, reason))
        told = np.concatenate((told, kept.rows))
    return places


def _blocks(index: ArticleIndex, ranking: Ranking | None, edits: Edits) -> Iterator[tuple[Candidates, set[int]]]:
    """Those of a ranking that the index holds, best first, equal ones newer first, then by id; and the boosted."""
    has_boosts = bool(edits.factors or edits.section_factors)
    for block in () if ranking is None else ranking.blocks(RANKED_ANEW if has_boosts else LOOKED_UP):
        known = [(row, share) for one, share in block if (row := index.find(one)) is not None]
        rows = np.array([row for row, _ in known], dtype=np.int32)
        candidates = Candidates(rows, np.array([share for _, share in known], dtype=np.float32))
        boosts = edits.boosts(index, rows)
        if boosts is None:
            yield index.ranked(candidates), set()
        else:
            weighed, boosted = weigh(index, candidates, boosts), set(rows[boosts != 1].tolist())
            for start in range(0, len(weighed), LOOKED_UP):
                yield weighed.take(slice(start, start + LOOKED_UP)), boosted
