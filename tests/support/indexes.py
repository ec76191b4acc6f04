"""Small indexes put together by hand, as plainly as can be: what the fast code is compared with."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Sequence
from datetime import datetime
from random import Random

import numpy as np
from hypothesis import strategies as st

from models.article import Article, from_microseconds, to_microseconds
from models.candidates import Query
from models.cards import CardFile
from models.index import NEVER, NO_SECTION, UNKNOWN_TIME, ArticleIndex, id_hash

HOUR = 3_600_000_000

seeds = st.binary(min_size=8, max_size=8).map(Random)


def published_of(article: Article) -> int:
    return UNKNOWN_TIME if article.published_at is None else to_microseconds(article.published_at)


def expires_of(article: Article) -> int:
    return NEVER if article.expires_at is None else to_microseconds(article.expires_at)


def index_of(
    articles: Sequence[Article],
    vectors: Sequence[Sequence[float]],
    stories: Sequence[Hashable] | None = None,
    neighbours: int = 100,
    alike: Collection[tuple[int, int]] = (),
    own_source: str | None = None,
) -> ArticleIndex:
    """An index of articles, in any order, with a vector each; equal ``stories`` are one story.

    ``alike`` are pairs of places in ``articles``; articles of ``own_source`` or of none are the site's own.
    """
    n = len(articles)
    order = sorted(range(n), key=lambda place: (-published_of(articles[place]), articles[place].id))
    dense = np.array([vectors[place] for place in order], dtype=np.float64).reshape(n, len(vectors[0]) if n else 0)
    norms = np.linalg.norm(dense, axis=1, keepdims=True)
    dense = np.divide(dense, norms, out=np.zeros_like(dense), where=norms > 0).astype(np.float32)
    cosines = (dense @ dense.T).astype(np.float32)
    rows = np.full((n, neighbours), -1, dtype=np.int32)
    scores = np.zeros((n, neighbours), dtype=np.float32)
    for row in range(n):
        near = sorted((-cosines[row, other], other) for other in range(n) if other != row and cosines[row, other] > 0)
        for place, (negative, other) in enumerate(near[:neighbours]):
            rows[row, place], scores[row, place] = other, -negative
    ordered = [articles[place] for place in order]
    labels = [place if stories is None else stories[place] for place in order]
    first_report = {label: row for row, label in enumerate(labels)}  # the last row of each wins
    row_of = {place: row for row, place in enumerate(order)}
    likeness = sorted((row_of[one], row_of[other]) for pair in alike for one, other in (pair, pair[::-1]))
    lines = [json.dumps(article.to_record(), ensure_ascii=False).encode() + b"\n" for article in ordered]
    ends = np.cumsum([len(line) for line in lines], dtype=np.int64)
    names = sorted({article.section for article in ordered if article.section is not None})
    by_hash = sorted(range(n), key=lambda row: id_hash(ordered[row].id))
    return ArticleIndex(
        indptr=np.concatenate(([0], np.cumsum((dense > 0).sum(axis=1)))).astype(np.int64),
        terms=np.nonzero(dense)[1].astype(np.int32),
        weights=dense[dense > 0],
        neighbour_rows=rows,
        neighbour_scores=scores,
        published=np.array([published_of(article) for article in ordered], dtype=np.int64),
        expires=np.array([expires_of(article) for article in ordered], dtype=np.int64),
        section=np.array(
            [NO_SECTION if article.section is None else names.index(article.section) for article in ordered],
            dtype=np.int32,
        ),
        section_names=names,
        story=np.array([first_report[label] for label in labels], dtype=np.int32),
        alike_indptr=np.array([sum(one < row for one, _ in likeness) for row in range(n + 1)], dtype=np.int64),
        alike_rows=np.array([other for _, other in likeness], dtype=np.int32),
        own=np.array([article.source in (None, own_source) for article in ordered], dtype=np.bool_),
        id_hashes=np.array([id_hash(ordered[row].id) for row in by_hash], dtype=np.uint64),
        id_rows=np.array(by_hash, dtype=np.int32),
        cards=CardFile(b"".join(lines), np.stack([ends - [len(line) for line in lines], ends], axis=1) if n else ends),
    )


@st.composite
def indexes(draw: st.DrawFn) -> ArticleIndex:
    """Random small indexes: few times, few stories, few directions, so that ties and copies abound."""
    n, pick = draw(st.sampled_from([30, 20, 12, 5, 2, 1])), draw(seeds)  # few draws, fast tests
    ids = pick.sample([f"a{number}" for number in range(n)], n)
    articles = [
        Article(
            id=article_id,
            title="عنوان",
            section=pick.choice([None, "سياسة", "رياضة", "صحة"]),
            source=pick.choice([None, "صحيفتنا", "وكالة"]),
            published_at=_hour(pick),
            expires_at=_hour(pick) if pick.random() < 0.3 else None,
        )
        for article_id in ids
    ]
    directions = [pick.choices([0.0, 1.0, 3.0, 10.0], weights=[6, 4, 2, 1], k=8) for _ in range(n)]
    vectors = [pick.choice(directions) for _ in range(n)]
    stories = [pick.randrange(n // 2 + 1) if pick.random() < 0.5 else article_id for article_id in ids]
    alike = {tuple(pick.sample(range(n), 2)) for _ in range(pick.choice([0, n // 4]))} if n > 1 else set()
    alike = {(one, other) for one, other in alike if one < other}
    return index_of(articles, vectors, stories, pick.choice([2, 20, 20]), alike, "صحيفتنا")


@st.composite
def queries(draw: st.DrawFn, index: ArticleIndex) -> Query:
    """Random questions to an index: any moment around its times, any filter."""
    pick = draw(seeds)
    ids = [*(index.article(row).id for row in range(len(index))), "لا أحد"]
    sections = ["سياسة", "رياضة", "لا قسم"]
    return Query(
        as_of=NEVER - 1 if pick.random() < 0.6 else _moment(pick),
        limit=pick.choice([1, 2, 3, 4, 5, 50]),
        section=pick.choice(sections) if pick.random() < 0.1 else None,
        exclude_section=pick.choice(sections) if pick.random() < 0.1 else None,
        since=_moment(pick) if pick.random() < 0.1 else None,
        until=_moment(pick) if pick.random() < 0.1 else None,
        exclude=frozenset(pick.sample(ids, min(2, len(ids)))) if pick.random() < 0.3 else frozenset(),
        min_score=pick.choice([0.0, 0.0, 0.0, 0.2, 1.0]),
        diversity=pick.choice([None, 0.0, 0.5, 1.0]),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[ArticleIndex, int, Query]:
    """A random index, one of its rows, and a question about it."""
    index = draw(indexes())
    return index, draw(st.integers(0, len(index) - 1)), draw(queries(index))


def _hour(pick: Random) -> datetime | None:
    hour = pick.choice([None, 0, 1, 2, 3, 4, 5, 6])
    return None if hour is None else from_microseconds(hour * HOUR)


def _moment(pick: Random) -> int:
    """On the hour, where articles appear and expire, or a microsecond before."""
    return pick.randrange(8) * HOUR - pick.randrange(2)
