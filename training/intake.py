"""Intake: articles are written to the staged folder as they are read; of each, numbers are remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from models.article import Article, to_microseconds
from models.artifact import ARTICLES
from models.index import NEVER, NO_SECTION, UNKNOWN_TIME, id_hash
from training.records import Deletion


class Intake:
    """The articles of one training. Positions count them as read; rows are their order in the index."""

    def __init__(self) -> None:
        self._position_of: dict[str, int] = {}  # the last record of an id wins
        self._spans: list[tuple[int, int]] = []
        self._published: list[int] = []
        self._expires: list[int] = []
        self._sections: list[str | None] = []
        self._sources: list[str | None] = []
        self.later_than_as_of = 0
        self.taken_away = 0  # articles that a later record takes back
        self.deleted: set[str] = set()  # ids whose last record is a deletion

    def __len__(self) -> int:
        return len(self._position_of)

    @property
    def replaced(self) -> int:
        """Articles whose id came again later."""
        return len(self._spans) - len(self._position_of) - self.taken_away

    @property
    def spans(self) -> np.ndarray:
        """Where each article stands in the staged file, as read: int64 (n, 2)."""
        return np.array(self._spans, dtype=np.int64).reshape(-1, 2)

    def take(self, articles: Iterable[Article | Deletion], folder: Path, as_of: int | None) -> Iterator[Article]:
        """Pass articles on, each written to the folder first; those published after ``as_of`` are left out.

        A deletion takes away what came of its id so far.
        """
        with (folder / ARTICLES).open("wb") as file:
            for article in articles:
                if isinstance(article, Deletion):
                    self.forget(article.id)
                    self.deleted.add(article.id)
                    continue
                published = UNKNOWN_TIME if article.published_at is None else to_microseconds(article.published_at)
                if as_of is not None and published > as_of:
                    self.later_than_as_of += 1
                    continue
                self.deleted.discard(article.id)
                self._position_of[article.id] = len(self._spans)
                self._spans.append(_write(file, article))
                self._published.append(published)
                self._expires.append(NEVER if article.expires_at is None else to_microseconds(article.expires_at))
                self._sections.append(article.section)
                self._sources.append(article.source)
                yield article

    def forget(self, article_id: str) -> None:
        """Take back what was said of an id, if anything was."""
        self.taken_away += self._position_of.pop(article_id, None) is not None
        self.deleted.discard(article_id)

    def positions(self) -> np.ndarray:
        """The position of each row: newest first, unknown times last, equal times by id."""
        by_id = np.array([self._position_of[article_id] for article_id in sorted(self._position_of)], dtype=np.int64)
        published = np.array(self._published, dtype=np.int64)[by_id]
        return by_id[np.argsort(~published, kind="stable")]  # ~ turns the order round without overflow

    def arrays(self, positions: np.ndarray, own_source: str | None = None) -> dict[str, np.ndarray]:
        """The arrays of the index that need no text; ``own_source`` names the site among the sources."""
        id_of = {position: article_id for article_id, position in self._position_of.items()}
        hashes = np.array([id_hash(id_of[position]) for position in positions.tolist()], dtype=np.uint64)
        by_hash = np.argsort(hashes, kind="stable")
        number = {name: place for place, name in enumerate(self.section_names())}
        sections = [self._sections[position] for position in positions.tolist()]
        section = [NO_SECTION if name is None else number[name] for name in sections]
        return {
            "spans": self.spans[positions],
            "published": np.array(self._published, dtype=np.int64)[positions],
            "expires": np.array(self._expires, dtype=np.int64)[positions],
            "section": np.array(section, dtype=np.int32),
            "own": np.array(
                [self._sources[place] in (None, own_source) for place in positions.tolist()], dtype=np.bool_
            ),
            "id_hashes": hashes[by_hash],
            "id_rows": by_hash.astype(np.int32),
        }

    def section_names(self) -> list[str]:
        """Sections of the articles, sorted."""
        names = {self._sections[position] for position in self._position_of.values()}
        return sorted(name for name in names if name is not None)


def line_of(article: Article) -> bytes:
    """The line of an article in the articles' file of a version."""
    return json.dumps(article.to_record(), ensure_ascii=False).encode() + b"\n"


def _write(file: IO[bytes], article: Article) -> tuple[int, int]:
    first = file.tell()
    file.write(line_of(article))
    return first, file.tell()
