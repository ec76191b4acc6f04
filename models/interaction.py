"""Interaction: one thing that a reader did, and batches of them as the journal keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

READER_BITS = 39  # ten million readers: about ninety pairs of them share a name


class Act(StrEnum):
    """What a reader did with an article: saw it in a list, clicked on it there, read its page."""

    IMPRESSION = "impression"
    CLICK = "click"
    READ = "read"


class Interaction(NamedTuple):
    """One event.

    Attributes:
        article_id: the article seen, clicked on or read; ``source_id``: the one on whose page.
        request_id: the name of the answer in which it stood; ``position``: its rank there.
        reader: a keyed hash of who it was, ``READER_BITS`` bits; None when that is not known.
        at: microseconds since 1970, UTC.
    """

    act: Act
    article_id: str
    at: int
    reader: int | None = None
    source_id: str | None = None
    request_id: str | None = None
    position: int | None = None


_ACTS = {act.value: act for act in Act}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_payload(interactions: Iterable[Interaction]) -> str:
    """A batch as the text of one journal row: JSON, a list of the members of each in their order."""
    return _encode(list(interactions))


def from_payload(payload: str) -> list[Interaction]:
    """The batch of a journal row.

    Raises:
        ValueError: the text is none that :func:`to_payload` writes.
    """
    try:
        return [Interaction(_ACTS[act], *others) for act, *others in json.loads(payload)]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no batch of interactions: {error!r}") from error
