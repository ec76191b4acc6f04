"""Tasks: queries, documents, and what counts as found. All are seeded and made of real articles.

==========  ==================================================  =========  ===========================
``title``   title → own body                                    MRR@10     articles with 30 words or more
``half``    first half of a body → its second half              MRR@10     the same, none a copy
``event``   the same event in another source within two days    nDCG@10    two sources, times
``hard``    the same without copies: wanted share less than     nDCG@10    the same
            a fifth of their runs of five words
``tags``    rare editors' tags shared                           nDCG@10    tags
``section`` the same section                                    P@10       two sections
==========  ==================================================  =========  ===========================

Events are labelled from titles and ranked by bodies; tags are hidden from the systems. The gain of
two articles by tags is their Jaccard index, each tag weighing ``ln(N / df)``. A task that the
articles give no material for is absent.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.evaluation.metrics import ndcg, precision, reciprocal_rank
from training.evaluation.texts import Counter, Document, Text, grams, shared, words

DEPTH = 10
BLOCK = 250
GAIN_FLOOR = 0.15
LABEL = 0.5  # mean cosine of words and of character 4-grams of two titles: by eye, nine in ten are one event
SHARED_WORDS = 3
DAYS = 2.0
COPY, HARD = 0.5, 0.2  # shares of the shorter text's 5-grams
LEAST_WORDS = 30
COMMON = 100  # a run of five words in more texts than that is furniture: it points to no copy
NOTHING = np.empty(0, dtype=np.int64)

Rows = NDArray[np.int64]
Grams = Sequence[frozenset[int]]
Metric = Callable[[list[int], Mapping[int, float]], float]


def mrr_10(found: list[int], gains: Mapping[int, float]) -> float:
    """Reciprocal rank among the first ten."""
    return reciprocal_rank(found[:DEPTH], gains)


def ndcg_10(found: list[int], gains: Mapping[int, float]) -> float:
    """Normalized discounted gain of the first ten."""
    return ndcg(found, gains, DEPTH)


def precision_10(found: list[int], gains: Mapping[int, float]) -> float:
    """Precision of the first ten."""
    return precision(found[:DEPTH], gains)


@dataclass(frozen=True)
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
    rows: Rows
    gains: Sequence[Mapping[int, float]]
    barred: Sequence[Rows]
    metric: Metric
    days: tuple[NDArray[np.float64], NDArray[np.float64]] | None = field(default=None)


def all_tasks(documents: Sequence[Document], asked: int, rng: np.random.Generator) -> dict[str, Task]:
    """Every task that the documents give material for, at most ``asked`` queries each."""
    texts = [grams(one.body) for one in documents]
    copies = copies_among(texts)
    return {
        **own_text(documents, copies, asked, rng),
        **same_event(documents, texts, copies, asked, rng),
        **shared_tags(documents, asked, rng),
        **same_section(documents, copies, asked, rng),
    }


def own_text(
    documents: Sequence[Document], copies: Sequence[set[int]], asked: int, rng: np.random.Generator
) -> dict[str, Task]:
    """Tasks ``title`` and ``half``."""
    alone = [row for row, one in enumerate(documents) if len(one.body.split()) >= LEAST_WORDS and not copies[row]]
    if len(alone) < 2:
        return {}
    known = np.sort(rng.choice(np.array(alone), min(asked, len(alone)), replace=False))
    halves = [_halves(one.body) for one in documents]
    own = [{int(row): 1.0} for row in known]
    free = [NOTHING] * len(known)
    titles, bodies = [Text(one.title, "") for one in documents], [Text("", one.body) for one in documents]
    return {
        "title": Task(titles, bodies, known, own, free, mrr_10),
        "half": Task([half[0] for half in halves], [half[1] for half in halves], known, own, free, mrr_10),
    }


def same_event(
    documents: Sequence[Document],
    texts: Grams,
    copies: Sequence[set[int]],
    asked: int,
    rng: np.random.Generator,
) -> dict[str, Task]:
    """Tasks ``event`` and ``hard``."""
    events = _events(documents, texts)
    bodies = [Text("", one.body) for one in documents]
    sources = np.array([one.article.source or "" for one in documents])
    days = np.array([one.day for one in documents])
    tasks = {}
    for name in ("event", "hard"):
        wanted = {
            row: {other: 1.0 for other, share in found.items() if name == "event" or share < HARD}
            for row, found in events.items()
        }
        rows = np.array(sorted(row for row, gains in wanted.items() if gains), dtype=np.int64)
        if not len(rows):
            continue
        rows = np.sort(rng.choice(rows, min(asked, len(rows)), replace=False))
        barred = []
        for row in rows.tolist():
            out = set(np.flatnonzero(sources == sources[row]).tolist())
            if name == "hard":
                out |= copies[row] | {other for other, share in events[row].items() if share >= HARD}
            barred.append(np.array(sorted(out), dtype=np.int64))
        gains = [wanted[row] for row in rows.tolist()]
        tasks[name] = Task(bodies, bodies, rows, gains, barred, ndcg_10, (days, days))
    return tasks


def shared_tags(documents: Sequence[Document], asked: int, rng: np.random.Generator) -> dict[str, Task]:
    """Task ``tags``; a tag is rare that at most a hundredth of the articles have, or two of them."""
    df = Tally(tag for one in documents for tag in one.article.tags)
    most = max(2, len(documents) / 100)
    rare = {tag: log(len(documents) / count) for tag, count in df.items() if 2 <= count <= most}
    if not rare:
        return {}
    counter = Counter()
    has = counter.count([tag for tag in one.article.tags if tag in rare] for one in documents)
    weight = np.array([rare[tag] for tag in counter.number_of], dtype=np.float32)
    weighted = has.copy()
    weighted.data = weight[has.indices]
    total = np.asarray(weighted.sum(axis=1)).ravel()
    common = sparse.csr_array(weighted @ has.T)
    tagged = np.flatnonzero(total > 0)
    kept, gains = [], []
    for row in np.sort(rng.choice(tagged, min(asked, len(tagged)), replace=False)).tolist():
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
    if not kept:
        return {}
    texts = [Text(one.title, one.body) for one in documents]
    days = np.array([one.day for one in documents])
    barred = [np.array([row]) for row in kept]
    return {"tags": Task(texts, texts, np.array(kept), gains, barred, ndcg_10, (days, days))}


def same_section(
    documents: Sequence[Document], copies: Sequence[set[int]], asked: int, rng: np.random.Generator
) -> dict[str, Task]:
    """Task ``section``; copies are no finding."""
    members: dict[str, dict[int, float]] = {}
    for row, one in enumerate(documents):
        if one.article.section is not None:
            members.setdefault(one.article.section, {})[row] = 1.0
    labelled = np.array(sorted(row for rows in members.values() if len(rows) > 1 for row in rows), dtype=np.int64)
    if len(members) < 2 or not len(labelled):
        return {}
    rows = np.sort(rng.choice(labelled, min(asked, len(labelled)), replace=False))
    texts = [Text(one.title, one.body) for one in documents]
    days = np.array([one.day for one in documents])
    gains = [members[documents[row].article.section or ""] for row in rows.tolist()]
    barred = [np.array(sorted({row} | copies[row]), dtype=np.int64) for row in rows.tolist()]
    return {"section": Task(texts, texts, rows, gains, barred, precision_10, (days, days))}


def copies_among(texts: Grams) -> list[set[int]]:
    """For each text those that are copies of it, by its runs of five words and nothing else."""
    copies: list[set[int]] = [set() for _ in texts]
    runs = np.array([run for text in texts for run in text], dtype=np.int64)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    _, numbers, df = np.unique(runs, return_inverse=True, return_counts=True)
    telling = (df[numbers] > 1) & (df[numbers] <= COMMON)
    rows = np.repeat(np.arange(len(texts)), lengths)[telling]
    shape = (len(texts), len(df))
    has = sparse.csr_array((np.ones(len(rows), dtype=np.float32), (rows, numbers[telling])), shape=shape)
    for first in range(0, len(texts), BLOCK):
        together = sparse.coo_array(has[first : first + BLOCK] @ has.T)
        for place, other, count in zip(together.row.tolist(), together.col.tolist(), together.data, strict=True):
            row = first + place
            shorter = min(lengths[row], lengths[other])
            if row < other and count >= shorter * COPY / 2 and shared(texts[row], texts[other]) >= COPY:
                copies[row].add(other)
                copies[other].add(row)
    return copies


def _halves(body: str) -> tuple[Text, Text]:
    tokens = body.split()
    middle = len(tokens) // 2
    return Text("", " ".join(tokens[:middle])), Text("", " ".join(tokens[middle:]))


def _events(documents: Sequence[Document], texts: Grams) -> dict[int, dict[int, float]]:
    """For each article those of other sources that tell its event, with the share of 5-grams in common."""
    days = np.array([one.day for one in documents])
    order = np.argsort(days, kind="stable")
    order = order[: np.count_nonzero(~np.isnan(days))]  # unknown times sort last
    sources = np.array([one.article.source or "" for one in documents])[order]
    if len(set(sources.tolist()) - {""}) < 2:
        return {}
    days = days[order]
    titles = [" ".join(words(documents[row].title)) for row in order]
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second of loading: for evaluations only  # noqa: PLC0415

    by_words = _fitted(TfidfVectorizer(tokenizer=str.split, token_pattern=None, dtype=np.float32), titles)
    by_letters = _fitted(TfidfVectorizer(analyzer="char", ngram_range=(4, 4), dtype=np.float32), titles)
    has = Counter().count([token for token in set(title.split()) if len(token) > 2] for title in titles)
    events: dict[int, dict[int, float]] = {}
    for first in range(0, len(order), BLOCK):
        rows = np.arange(first, min(first + BLOCK, len(order)))
        start = int(np.searchsorted(days, days[rows[0]] - DAYS, side="left"))
        near = slice(start, int(np.searchsorted(days, days[rows[-1]] + DAYS, side="right")))
        alike = ((by_words[rows] @ by_words[near].T) + (by_letters[rows] @ by_letters[near].T)).toarray() / 2
        in_common = (has[rows] @ has[near].T).toarray()
        told = (alike >= LABEL) & (in_common >= SHARED_WORDS)
        told &= np.abs(days[rows][:, None] - days[near][None]) <= DAYS
        told &= (sources[rows][:, None] != sources[near][None]) & (sources[near] != "")[None]
        for place, other in zip(*np.nonzero(told), strict=True):
            row, found = int(order[rows[place]]), int(order[start + other])
            events.setdefault(row, {})[found] = shared(texts[row], texts[found])
    return events


def _fitted(vectorizer: Any, titles: Sequence[str]) -> sparse.csr_array[Any]:
    try:
        return sparse.csr_array(vectorizer.fit_transform(titles))
    except ValueError:  # every title is too short for it
        return sparse.csr_array(np.zeros((len(titles), 1), dtype=np.float32))
