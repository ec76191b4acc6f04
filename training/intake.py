"""Intake: articles are written to the staged folder as they are read; of each, numbers are remembered."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from models.article import Article
from models.artifact import ARTICLES
from models.index import NO_SECTION, expires_of, id_hash, published_of
from training.records import Deletion


class Intake:
    """The articles of one training. Positions count them as read; rows are their order in the index."""

    def __init__(self) -> None:
        self._position_of: dict[str, int] = {}  # the last record of an id wins
        self._spans = array("q")  # two of each article
        self._published = array("q")
        self._expires = array("q")
        self._sections, self._sources = array("i"), array("i")
        self._number_of: dict[str | None, int] = {}  # of sections and sources
        self.later_than_as_of = 0
        self.taken_away = 0  # articles that a later record takes back
        self.deleted: set[str] = set()  # ids whose last record is a deletion

    def __len__(self) -> int:
        return len(self._position_of)

    @property
    def replaced(self) -> int:
        """Articles whose id came again later."""
        return len(self._published) - len(self._position_of) - self.taken_away

    @property
    def spans(self) -> np.ndarray:
        """Where each article stands in the staged file, as read: int64 (n, 2)."""
        return _numbers(self._spans, np.int64).reshape(-1, 2)

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
                published = published_of(article)
                if as_of is not None and published > as_of:
                    self.later_than_as_of += 1
                    continue
                self.deleted.discard(article.id)
                self._position_of[article.id] = len(self._published)
                self._spans.extend(_write(file, article))
                self._published.append(published)
                self._expires.append(expires_of(article))
                self._sections.append(self._number(article.section))
                self._sources.append(self._number(article.source))
                yield article

    def forget(self, article_id: str) -> None:
        """Take back what was said of an id, if anything was."""
        self.taken_away += self._position_of.pop(article_id, None) is not None
        self.deleted.discard(article_id)

    def positions(self) -> np.ndarray:
        """The position of each row: newest first, unknown times last, equal times by id."""
        by_id = np.fromiter(map(self._position_of.__getitem__, sorted(self._position_of)), np.int64, len(self))
        published = _numbers(self._published, np.int64)[by_id]
        return by_id[np.argsort(~published, kind="stable")]  # ~ turns the order round without overflow

    def arrays(self, positions: np.ndarray, own_source: str | None = None) -> dict[str, np.ndarray]:
        """The arrays of the index that need no text; ``own_source`` names the site among the sources."""
        hash_of = np.zeros(len(self._published), dtype=np.uint64)
        for article_id, position in self._position_of.items():
            hash_of[position] = id_hash(article_id)
        hashes = hash_of[positions]
        by_hash = np.argsort(hashes, kind="stable")
        place_of: dict[str | None, int] = {name: place for place, name in enumerate(self.section_names())}
        section_of = np.array([place_of.get(name, NO_SECTION) for name in self._number_of], dtype=np.int32)
        own = np.array([name in (None, own_source) for name in self._number_of], dtype=np.bool_)
        return {
            "spans": self.spans[positions],
            "published": _numbers(self._published, np.int64)[positions],
            "expires": _numbers(self._expires, np.int64)[positions],
            "section": section_of[_numbers(self._sections, np.intc)[positions]],
            "own": own[_numbers(self._sources, np.intc)[positions]],
            "id_hashes": hashes[by_hash],
            "id_rows": by_hash.astype(np.int32),
        }

    def section_names(self) -> list[str]:
        """Sections of the articles, sorted."""
        positions = np.fromiter(self._position_of.values(), np.int64, len(self))
        held = np.isin(np.arange(len(self._number_of)), _numbers(self._sections, np.intc)[positions]).tolist()
        return sorted(name for name, there in zip(self._number_of, held, strict=True) if there and name is not None)

    def _number(self, name: str | None) -> int:
        return self._number_of.setdefault(name, len(self._number_of))


def _numbers(numbers: array[int], dtype: type[np.generic]) -> np.ndarray:
    """A copy: what is not copied keeps its array from growing."""
    return np.array(numbers, dtype=dtype)


def line_of(article: Article) -> bytes:
    """The line of an article in the articles' file of a version."""
    return json.dumps(article.to_record(), ensure_ascii=False).encode() + b"\n"


def _write(file: IO[bytes], article: Article) -> tuple[int, int]:
    first = file.tell()
    file.write(line_of(article))
    return first, file.tell()
