"""Where articles come from: every source is a lazy stream of :class:`SourceRecord`.

::

    locations.py   what a person names: kind and place          opening.py    files: paths, globs, packed, far away
    sniffing.py    what is found there: a feed, a page, …       fetching.py   the web, guarded
    jsonl.py  delimited.py  columnar.py  sql.py                 rows of records
    wxr.py  wordpress.py  feeds.py  sitemaps.py  pages.py  pagetext.py
    journal.py     what changed in the running service
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from training.sources.options import SourceOptions
from training.sources.reading import Sources
from training.sources.record import SourceRecord

__all__ = ["SourceRecord", "Sources", "open_source"]


def open_source(
    location: str, options: SourceOptions | None = None, memory: MutableMapping[str, str] | None = None
) -> Iterator[SourceRecord]:
    """The records of a location, read as they are asked for.

    Args:
        location: see docs/sources.md.
        options: what the location does not tell.
        memory: what is known of the location from earlier runs; it is kept up to date, and what it tells to be
            unchanged is left out. Without it everything is read.

    Raises:
        SourceError: at once when a file is not there or the location is of no known kind,
            later when it cannot be read, or turns out to be damaged.
    """
    sources = Sources(options or SourceOptions())
    return _closing(sources, sources.records(location, {} if memory is None else memory))


def _closing(sources: Sources, records: Iterator[SourceRecord]) -> Iterator[SourceRecord]:
    """The records, after the last of which nothing stays open."""
    with sources:
        yield from records
