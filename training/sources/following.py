"""Following: the feed at an address, when it has changed, with the pages of its entries where these are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.errors import FetchError, RecordError
from training.sources.discovery import feed_of, is_page
from training.sources.feeds import read_feed
from training.sources.fetching import Answer
from training.sources.record import SourceRecord
from training.sources.visits import recall, remember
from training.sources.web import Web


def follow_feed(url: str, web: Web, full: bool = False, answer: Answer | None = None) -> Iterator[SourceRecord]:
    """The entries of a feed; none where it is as it was when all of them were handed out.

    Args:
        url: of the feed, or of a page that names one.
        web: what fetches and remembers.
        full: whether pages are read of entries with a summary only; entries whose page has not changed since it was
            handed out are passed over.
        answer: of the address, where it was asked already, with what is known of the last visit.

    Raises:
        FetchError: the address gives no answer.
        SourceError: there is no feed, or it is damaged.
    """
    answer = answer or web.fetcher.get(url, recall(web.memory, url).validators)
    if not answer.unchanged and is_page(answer.document):
        url = feed_of(answer.document)
        answer = web.fetcher.get(url, recall(web.memory, url).validators)
    if answer.unchanged:
        return
    pages = _Pages(web)
    for record in read_feed(answer.document, pages.read if full else None):
        yield record
        pages.remember()
    if not pages.missed:
        remember(web.memory, url, answer)


class _Pages:
    """The pages of a feed's entries."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._last: tuple[str, Answer] | None = None
        self.missed = False  # whether one could not be had, so that the feed is to be read again

    def read(self, url: str) -> dict[str, Any] | RecordError | None:
        try:
            answer = self._web.fetcher.get(url, recall(self._web.memory, url).validators)
        except FetchError:
            self.missed = True
            raise
        if answer.unchanged:
            return None
        self._last = (url, answer)
        return self._web.page(answer.document)

    def remember(self) -> None:
        """The page that was read last is in what was handed out."""
        if self._last is not None:
            remember(self._web.memory, *self._last)
            self._last = None
