"""Drafting: a text that is not published yet, put beside the articles there are for as long as it takes to ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.article import Article
from models.edits import NO_EDITS, Edits
from models.live import LiveIndex

DRAFT = "\ufffc"  # no article has this id: a stand-in for an object, and of no use as a name


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as one more article.

    Attributes:
        index: all articles and the draft; ``row``: its row there.
    """

    index: LiveIndex
    row: int

    def duplicates(self, as_of: int, edits: Edits = NO_EDITS) -> list[int]:
        """The rows that are visible at a moment and say the same, newest first: copies and what is alike in wording.

        What editors bar from the draft's list is not named here either: who may ask for drafts may not see it.
        """
        index = self.index
        same = {*index.alike(self.row), *np.flatnonzero(index.story == index.story[self.row]).tolist()} - {self.row}
        rows = np.array(sorted(same, key=index.place_in_time), dtype=np.int32)
        rows = rows[index.visible(rows, as_of)]
        unbarred = edits.allowed(index, rows)
        shown: list[int] = (rows if unbarred is None else rows[unbarred]).tolist()
        return shown


def drafted(index: LiveIndex, article: Article) -> Draft:
    """Put an article beside those there are, in place of the one of its id if there is one; they stay as they are."""
    beside = index.branch().with_changes({article.id: None}).with_changes({article.id: article})
    row = beside.find(article.id)
    assert row is not None
    return Draft(beside, row)
