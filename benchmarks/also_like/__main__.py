"""Print how «you may also like» differs from related news, and both from articles picked at random.

section    share of the articles shown that stand in the article's own section
tags       share that have a rare tag (of 2 articles to 1 %) in common with the article, where it has any
topic      mean cosine with the article in a topic space of 100 dimensions (LSI, Deerwester et al. 1990)
variety    mean distance (1 - cosine) of the pairs of a list: by terms, and in the topic space
shared     stories that stand in both lists of an article, in all
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from benchmarks.trained import corpora, read, trained
from models.artifact import Model
from models.candidates import Query
from models.index import DAY, NEVER, NO_SECTION, UNKNOWN_TIME
from models.recommenders import related_news, you_may_also_like
from models.reranking import pairwise

SEED = 20261123
ASKED = 1000
TOPICS = 100
RARE = 0.01


@dataclass(frozen=True, slots=True)
class Space:
    """What lists are measured by: the topics (n, 100) and the rare tags of each article."""

    topics: np.ndarray
    tags: Sequence[set[str]]

    @classmethod
    def of(cls, model: Model) -> Space:
        index = model.index
        terms = len(model.tfidf.vocabulary)
        shape = (len(index), 2 * terms)
        vectors = sparse.csr_array((index.weights, index.terms, index.indptr), shape=shape)[:, :terms]  # without leads
        topics = TruncatedSVD(min(TOPICS, len(index) - 1), random_state=SEED).fit_transform(vectors)
        tags = [set(index.article(row).tags) for row in range(len(index))]
        df = Counter(tag for own in tags for tag in own)
        return cls(normalize(topics), [{tag for tag in own if 2 <= df[tag] <= RARE * len(index)} for own in tags])


def measure(model: Model, space: Space, sources: Sequence[int], lists: Sequence[Sequence[int]]) -> list[str]:
    """The cells of one kind of list."""
    index = model.index
    section, tags, topic, by_terms, by_topic, age = [], [], [], [], [], []
    for source, shown in zip(sources, lists, strict=True):
        topic += (space.topics[shown] @ space.topics[source]).tolist()
        if index.section[source] != NO_SECTION:
            section += (index.section[shown] == index.section[source]).tolist()
        if space.tags[source]:
            tags += [bool(space.tags[source] & space.tags[row]) for row in shown]
        times = index.published[[source, *shown]]
        if (times != UNKNOWN_TIME).all():
            age += (np.abs(times[1:] - times[0]) / DAY).tolist()
        if len(shown) > 1:
            upper = np.triu_indices(len(shown), 1)
            by_terms.append(1 - pairwise(index, np.array(shown, dtype=np.int32))[upper].mean())
            by_topic.append(1 - (space.topics[shown] @ space.topics[shown].T)[upper].mean())
    distinct = len({row for shown in lists for row in shown}) / max(sum(map(len, lists)), 1)
    means = (np.mean(values) if values else np.nan for values in (section, tags, topic, by_terms, by_topic))
    return [*(f"{value:.3f}" for value in means), f"{np.median(age) if age else np.nan:.1f}", f"{distinct:.2f}"]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.also_like", description=__doc__.splitlines()[0])
    arguments.add_argument("corpus", type=Path, help="folder of article records, *.jsonl.gz")
    given = arguments.parse_args()
    columns = ("section", "tags", "topic", "variety, terms", "variety, topics", "median days", "distinct", "shared")
    table = Table("articles", "list", *columns)
    for name, path in track(corpora(given.corpus).items(), "measuring", console=Console(stderr=True)):
        with trained(read(path)) as model:
            space, index, rng = Space.of(model), model.index, np.random.default_rng(SEED)
            sources = rng.choice(len(index), min(ASKED, len(index)), replace=False).tolist()
            found: dict[str, list[list[int]]] = {
                label: [
                    [item.row for item in recommend(model.recommender, row, Query(as_of=NEVER - 1, limit=limit))]
                    for row in sources
                ]
                for label, recommend, limit in (
                    ("related, 5", related_news, 5),
                    ("also like, 5", you_may_also_like, 5),
                    ("also like, 2", you_may_also_like, 2),
                )
            }
            found["at random, 5"] = [rng.choice(len(index), 5, replace=False).tolist() for _ in sources]
            for label, lists in found.items():
                shared = sum(
                    len(set(index.story[one].tolist()) & set(index.story[other].tolist()))
                    for one, other in zip(found["related, 5"], lists, strict=True)
                )
                cells = measure(model, space, sources, lists)
                table.add_row(name, label, *cells, str(shared) if label.startswith("also") else "")
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
