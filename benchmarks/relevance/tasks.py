"""The tasks: queries, documents, and what counts as found. All are seeded and made of real articles.

a  title → own body, MRR@10          b  first half of a body → its second half, MRR@10
c  the same event in another newspaper within two days, nDCG@10; labels from titles, ranked by bodies
h  c without copies: positives share less than a fifth of their word 5-grams with the query
t  rare editors' tags shared (idf-weighted Jaccard as gain), nDCG@10; tags are hidden from the systems
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize as unit

from benchmarks.relevance.corpus import Counter, Document, words
from benchmarks.relevance.systems import Text

DEPTH = 10
BLOCK = 250
GAIN_FLOOR = 0.15
LABEL = 0.5  # mean cosine of words and of character 4-grams of two titles: by eye, nine in ten are one event
SHARED_WORDS = 3
DAYS = 2.0
COPY, HARD = 0.5, 0.2  # shares of the shorter text's 5-grams


@dataclass
class Task:
    """Queries against documents.

    Attributes:
        rows: the queries asked, as rows of ``queries``.
        gains: for each of them, document → gain.
        barred: for each of them, documents that do not take part.
        days: where time may count, the day of each query (by row) and document.
    """

    queries: Sequence[Text]
    documents: Sequence[Text]
    rows: np.ndarray
    gains: list[dict[int, float]]
    barred: list[np.ndarray]
    metric: Callable[[np.ndarray, dict[int, float]], float]
    days: tuple[np.ndarray, np.ndarray] | None = field(default=None)


def reciprocal_rank(order: np.ndarray, gains: dict[int, float]) -> float:
    """1 / rank of the one document wanted, 0 beyond the depth."""
    return next((1 / rank for rank, row in enumerate(order[:DEPTH].tolist(), 1) if row in gains), 0.0)


def ndcg(order: np.ndarray, gains: dict[int, float]) -> float:
    """Discounted gain over that of the best order (Järvelin & Kekäläinen 2002)."""
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    got = np.array([gains.get(row, 0.0) for row in order[:DEPTH].tolist()])
    best = np.sort(np.array(list(gains.values())))[::-1][:DEPTH]
    return float(got @ discounts[: len(got)] / (best @ discounts[: len(best)]))


def same_event(documents: Sequence[Document], asked: int, rng: np.random.Generator) -> dict[str, Task]:
    """Tasks a, b, c and h of one corpus of several newspapers."""
    copies = _overlaps(documents)
    events = _events(documents)
    bodies = [Text("", one.body) for one in documents]
    alone = np.array([row for row, one in enumerate(documents) if len(one.body.split()) >= 30 and not copies[row]])
    known = np.sort(rng.choice(alone, min(asked, len(alone)), replace=False))
    halves = [_halves(one.body) for one in documents]
    own = [{int(row): 1.0} for row in known]
    free = [np.empty(0, dtype=np.int64)] * len(known)
    outlets = np.array([one.article.source or "" for one in documents])
    days = np.array([one.day for one in documents])
    tasks = {
        "a": Task([Text(one.title, "") for one in documents], bodies, known, own, free, reciprocal_rank),
        "b": Task([h[0] for h in halves], [h[1] for h in halves], known, own, free, reciprocal_rank),
    }
    for name in ("c", "h"):
        wanted = {
            row: {other: 1.0 for other, shared in found.items() if name == "c" or shared < HARD}
            for row, found in events.items()
        }
        rows = np.array(sorted(row for row, gains in wanted.items() if gains))
        rows = np.sort(rng.choice(rows, min(asked, len(rows)), replace=False))
        barred = []
        for row in rows.tolist():
            out = set(np.flatnonzero(outlets == outlets[row]).tolist())
            if name == "h":
                out |= copies[row] | {other for other, shared in events[row].items() if shared >= HARD}
            barred.append(np.array(sorted(out), dtype=np.int64))
        tasks[name] = Task(bodies, bodies, rows, [wanted[row] for row in rows.tolist()], barred, ndcg, (days, days))
    return tasks


def shared_tags(documents: Sequence[Document], asked: int, rng: np.random.Generator) -> Task:
    """Task t of one corpus with editors' tags."""
    df = Tally(tag for one in documents for tag in one.article.tags)
    rare = {tag: log(len(documents) / count) for tag, count in df.items() if 2 <= count <= len(documents) / 100}
    counter = Counter()
    has = counter.count([tag for tag in one.article.tags if tag in rare] for one in documents)
    weight = np.array([rare[tag] for tag in counter.number_of], dtype=np.float32)
    weighted = has.copy()
    weighted.data = weight[has.indices]
    total = np.asarray(weighted.sum(axis=1)).ravel()
    common = sparse.csr_array(weighted @ has.T)
    rows = np.sort(rng.choice(np.flatnonzero(total > 0), min(asked, int((total > 0).sum())), replace=False))
    kept, gains = [], []
    for row in rows.tolist():
        part = slice(common.indptr[row], common.indptr[row + 1])
        others = common.indices[part]
        shares = common.data[part] / (total[row] + total[others] - common.data[part])
        found = {
            int(other): float(share)
            for other, share in zip(others, shares, strict=True)
            if other != row and share >= GAIN_FLOOR
        }
        if found:
            kept.append(row)
            gains.append(found)
    texts = [Text(one.title, one.body) for one in documents]
    days = np.array([one.day for one in documents])
    return Task(texts, texts, np.array(kept), gains, [np.array([row]) for row in kept], ndcg, (days, days))


def _halves(body: str) -> tuple[Text, Text]:
    tokens = body.split()
    middle = len(tokens) // 2
    return Text("", " ".join(tokens[:middle])), Text("", " ".join(tokens[middle:]))


def _grams(body: str) -> set[int]:
    tokens = words(body)
    return {hash(tuple(tokens[start : start + 5])) for start in range(max(len(tokens) - 4, 0))}


def _share(one: set[int], other: set[int]) -> float:
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def _events(documents: Sequence[Document]) -> dict[int, dict[int, float]]:
    """For each article those of other outlets that tell its event, with the share of 5-grams in common."""
    titles = [" ".join(words(one.title)) for one in documents]
    by_words = TfidfVectorizer(token_pattern=r"\S+", dtype=np.float32).fit_transform(titles)
    by_letters = TfidfVectorizer(analyzer="char", ngram_range=(4, 4), dtype=np.float32).fit_transform(titles)
    counter = Counter()
    has = counter.count([token for token in set(title.split()) if len(token) > 2] for title in titles)
    outlets = np.array([one.article.source or "" for one in documents])
    days = np.array([one.day for one in documents])
    grams = [_grams(one.body) for one in documents]
    events: dict[int, dict[int, float]] = {}
    for first in range(0, len(documents), BLOCK):
        rows = np.arange(first, min(first + BLOCK, len(documents)))
        alike = ((by_words[rows] @ by_words.T) + (by_letters[rows] @ by_letters.T)).toarray() / 2
        shared = (has[rows] @ has.T).toarray()
        near = np.abs(days[rows][:, None] - days[None]) <= DAYS
        others = outlets[rows][:, None] != outlets[None]
        for place, other in zip(*np.nonzero((alike >= LABEL) & (shared >= SHARED_WORDS) & near & others), strict=True):
            row = int(rows[place])
            events.setdefault(row, {})[int(other)] = _share(grams[row], grams[other])
    return events


def _overlaps(documents: Sequence[Document]) -> list[set[int]]:
    """For each article those that are copies of it."""
    grams = [_grams(one.body) for one in documents]
    counter = Counter()
    counts = counter.count(words(one.body) for one in documents)
    counts.data = np.sqrt(counts.data)
    vectors = sparse.csr_array(unit(counts))
    copies: list[set[int]] = [set() for _ in documents]
    for first in range(0, len(documents), BLOCK):
        alike = (vectors[first : first + BLOCK] @ vectors.T).toarray()
        for place, other in zip(*np.nonzero(alike >= 0.6), strict=True):
            row = first + int(place)
            if row < other and _share(grams[row], grams[other]) >= COPY:
                copies[row].add(int(other))
                copies[int(other)].add(row)
    return copies
