"""Protocol: which articles are asked, at which moment, and what is counted of their lists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.candidates import Query
from models.index import NEVER, ArticleIndex
from models.recommenders import Recommender, related_news, you_may_also_like
from training.evaluation.metrics import mean, recall, reciprocal_rank, repeats

SAMPLE = 1000
DEPTH = 10


def evaluate(recommender: Recommender, advance: Callable[[int], None]) -> dict[str, float | None]:
    """Figures of the lists of up to 1,000 articles, spread evenly over the index, at the end of its time.

    ``coverage_5``: share with five related articles; ``similarity_1``: mean cosine of the first;
    ``links_recall_10``, ``links_mrr_10``: articles that editors linked by hand, found among ten;
    ``story_repeats``: articles of one story in one list, in all; ``lists_overlap``: stories that
    stand in both lists of an article, in all. The last two must be 0.
    """
    index = recommender.index
    linked = _links(index)
    figures: dict[str, list[float]] = {
        name: []
        for name in ("coverage_5", "similarity_1", "links_recall_10", "links_mrr_10", "story_repeats", "lists_overlap")
    }
    for source in sample(len(index)):
        related = related_news(recommender, source, Query(as_of=NEVER - 1, limit=DEPTH))
        also_like = you_may_also_like(recommender, source, Query(as_of=NEVER - 1, limit=DEPTH))
        rows = [item.row for item in related]
        stories = [int(index.story[row]) for row in rows]
        others = [int(index.story[item.row]) for item in also_like]
        wanted = linked.get(source, set())
        figures["coverage_5"].append(float(len(rows) >= 5))
        figures["similarity_1"].append(related[0].similarity if related else 0.0)
        figures["links_recall_10"].append(recall(rows, wanted))
        figures["links_mrr_10"].append(reciprocal_rank(rows, wanted))
        figures["story_repeats"].append(repeats([int(index.story[source]), *stories]) + repeats(others))
        figures["lists_overlap"].append(len({int(index.story[source]), *stories[:5]}.intersection(others)))
        advance(1)
    totals = ("story_repeats", "lists_overlap")
    return {name: sum(values) if name in totals else mean(values) for name, values in figures.items()}


def sample(count: int) -> list[int]:
    """Up to 1,000 rows, evenly spaced, so that every time and section has its part."""
    return [int(row) for row in np.unique(np.linspace(0, count - 1, min(SAMPLE, count)).round())] if count else []


def _links(index: ArticleIndex) -> dict[int, set[int]]:
    """For each sampled row the rows that its article links to, copies of itself left out."""
    found: dict[int, set[int]] = {}
    for source in sample(len(index)):
        rows = {index.find(link) for link in index.article(source).links}
        found[source] = {row for row in rows if row is not None and index.story[row] != index.story[source]}
    return found
