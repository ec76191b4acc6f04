"""What is known of the bundled newsroom: which article tells which story, and which is a copy of which.

``truth.jsonl`` has one line an article: its id, its story (``event``) and, for an agency copy,
the id that it copies. A story is told by one article or more; a copy adds none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

from models.candidates import Query
from models.index import NEVER
from models.recommenders import Recommender, related_news
from silah import NEWSROOM

TRUTH = NEWSROOM.with_name("truth.jsonl")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one article. ``original`` is its own id unless it is a copy."""

    id: str
    event: str
    original: str

    @property
    def is_copy(self) -> bool:
        return self.original != self.id


def load_truth() -> dict[str, Truth]:
    """Id → what is known of the article, in the order of the file."""
    lines = map(json.loads, TRUTH.read_text(encoding="utf-8").splitlines())
    return {line["id"]: Truth(line["id"], line["event"], line["copy_of"] or line["id"]) for line in lines}


def follow_ups(truth: dict[str, Truth]) -> dict[str, list[str]]:
    """For each article whose story others tell as well, in words of their own: the ids of those others."""
    told: dict[str, list[Truth]] = defaultdict(list)
    for known in truth.values():
        told[known.event].append(known)
    others = {
        known.id: [other.id for other in told[known.event] if other.original != known.original]
        for known in truth.values()
    }
    return {article_id: ids for article_id, ids in others.items() if ids}


def wrong_beginnings(recommender: Recommender, truth: dict[str, Truth]) -> dict[str, str | None]:
    """Of the articles with follow-ups those whose related list begins with another story, and with what."""
    index = recommender.index
    wrong: dict[str, str | None] = {}
    for article_id, ids in follow_ups(truth).items():
        shown = related_news(recommender, index.row_of(article_id), Query(as_of=NEVER - 1))
        first = index.article(shown[0].row).id if shown else None
        if first not in ids:
            wrong[article_id] = first
    return wrong
