"""Furniture: what the pages of a site repeat beside their articles, learned from how often it comes.

Each line that may be furniture (:func:`models.analysis.boilerplate.repeatable`) is a hash; hashes are counted
for each site, and only those that are chosen are read again as text. A line is chosen when enough of the
site's articles hold it, and these are different stories of several days: a copy printed again and again, or
a sentence that follows one affair for a day, repeats its line but is no furniture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from zlib import crc32

import numpy as np

from models.analysis import Analyzer, AnalyzerConfig, Furniture
from models.analysis.boilerplate import HEAD, LINE, bare, repeatable
from models.article import Article
from models.index import id_hash

MIN_DAYS = 3
HEAD_FACTOR = 5  # a part of a dateline must stand in so many times the share: many articles begin «وزير الخارجية:»
MOST_ENTRIES = 4_000_000  # held at once: 16 bytes each
NEVER_FORGOTTEN = 8  # times that a line came
SCATTER = 2654435761  # 2**32 divided by the golden ratio (Knuth, multiplicative hashing)
MOST_OF_A_LINE = 200  # articles remembered of a line, beyond which they are only counted


@dataclass(frozen=True, slots=True)
class BlockLines:
    """The lines of a block of articles.

    Attributes:
        keys, articles: uint64 and int64, the hash of each line and the place of its article in the block.
        about: uint32 (articles, 4), hashes of site, title, longest line and day of each article; the longest
            line stands for the story that is told.
    """

    keys: np.ndarray
    articles: np.ndarray
    about: np.ndarray


def site_of(article: Article) -> str:
    """The site whose pages an article's page resembles: its source, else the host of its address."""
    return article.source or urlsplit(article.url or "").netloc


def lines_of(analyzer: Analyzer, article: Article) -> set[tuple[str, str]]:
    """Pairs of kind and line of an article that may be furniture."""
    return _pairs(analyzer.clean(article.body).paragraphs)


def _pairs(paragraphs: Sequence[str]) -> set[tuple[str, str]]:
    lines, heads = repeatable(paragraphs)
    return {(LINE, line) for line in lines} | {(HEAD, piece) for piece in heads}


def _key(site: str, kind: str, line: str) -> int:
    return id_hash(f"{site}\0{kind}\0{line}")


def read_lines(articles: Sequence[Article], cleaned: Sequence[Sequence[str]]) -> BlockLines:
    """The lines of some articles as hashes, from their paragraphs without the furniture that is known."""
    keys: list[int] = []
    places: list[int] = []
    about: list[tuple[int, ...]] = []
    for place, (article, paragraphs) in enumerate(zip(articles, cleaned, strict=True)):
        site = site_of(article)
        found = sorted(
            _key(site, *pair) for pair in _pairs(paragraphs)
        )  # sets of text come in another order in each process
        keys.extend(found)
        places.extend([place] * len(found))
        day = "" if article.published_at is None else f"{article.published_at:%F}"
        story = max(paragraphs, key=len, default="")
        about.append(tuple(crc32(text.encode()) for text in (site, article.title, story, day)))
    return BlockLines(
        np.array(keys, dtype=np.uint64),
        np.array(places, dtype=np.int64),
        np.array(about, dtype=np.uint32).reshape(-1, 4),
    )


class Repeats:
    """Counts of the lines of many articles, in memory that the lines of single articles do not fill.

    When too much is held, lines that came rarest so far are forgotten (as in the lossy counting of
    Manku & Motwani 2002): what a line may lose by it is far below the share that is asked for.
    """

    def __init__(self, most_entries: int = MOST_ENTRIES) -> None:
        self._most = most_entries
        self._keys: list[np.ndarray] = []
        self._articles: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._about: list[np.ndarray] = []
        self._seen = 0
        self._held = 0

    def add(self, block: BlockLines) -> None:
        """Count a block more."""
        self._keys.append(block.keys)
        self._articles.append(block.articles + self._seen)
        self._counts.append(np.ones(len(block.keys), dtype=np.int64))
        self._about.append(block.about)
        self._seen += len(block.about)
        self._held += len(block.keys)
        least = 1
        while self._held > self._most and least < NEVER_FORGOTTEN:
            least *= 2
            self._compact(least)

    def _compact(self, least: int) -> None:
        keys, articles, counts = (np.concatenate(part) for part in (self._keys, self._articles, self._counts))
        order = np.lexsort((articles * SCATTER % 2**32, keys))  # what is remembered of a line is a sample of its days
        keys, articles, counts = keys[order], articles[order], counts[order]
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        lengths = np.diff(np.r_[starts, len(keys)])
        totals = np.add.reduceat(counts, starts)
        rank = np.arange(len(keys)) - np.repeat(starts, lengths)
        kept = (rank < MOST_OF_A_LINE) & np.repeat(totals >= least, lengths)
        counts[starts] += totals - np.add.reduceat(np.where(rank < MOST_OF_A_LINE, counts, 0), starts)
        self._keys, self._articles, self._counts = [keys[kept]], [articles[kept]], [counts[kept]]
        self._held = int(kept.sum())

    def chosen(
        self, config: AnalyzerConfig, read: Callable[[int], tuple[Article, set[tuple[str, str]]]]
    ) -> list[Furniture]:
        """The furniture, most frequent first; ``read`` gives an article by its position, with :func:`lines_of` it."""
        if not self._held:
            return []
        self._compact(1)
        (keys,), (articles,), (counts,) = self._keys, self._articles, self._counts
        about = np.concatenate(self._about)
        of_site = Counter(about[:, 0].tolist())
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        totals = np.add.reduceat(counts, starts)
        ends = np.r_[starts[1:], len(keys)]
        found = []
        for group in np.flatnonzero(totals >= config.repeat_articles).tolist():
            rows = about[articles[starts[group] : ends[group]]]
            share = int(totals[group]) / of_site[int(rows[0, 0])]
            stories = min(len(np.unique(rows[:, 1])), len(np.unique(rows[:, 2])))
            days = np.unique(rows[:, 3])
            dated = len(days) >= MIN_DAYS or days.tolist() == [0]  # 0 is the hash of no date
            if share < config.repeat_share or stories < config.repeat_articles or not dated:
                continue
            article, lines = read(int(articles[starts[group]]))
            site = site_of(article)
            kind, line = next(pair for pair in lines if _key(site, *pair) == keys[starts[group]])
            if kind == LINE or share >= HEAD_FACTOR * config.repeat_share:
                found.append(Furniture(kind, bare(line), site, int(totals[group]), round(share, 4)))
        return sorted(found, key=lambda one: (-one.articles, one.site, one.line))
