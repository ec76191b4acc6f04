"""The journal as a source: of each article that was changed in the running service, what was said last.

The table is the one that docs/state.md tells; it is only read. A database in which nobody has written yet, or
which has no tables yet, holds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, BigInteger, Select, and_, column, func, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from models.errors import RecordError, StateError
from training.sources.databases import AT_ONCE, address, connected, shown
from training.sources.record import SourceRecord

ARTICLE, DELETION, EVENTS = "article", "deletion", "events"

_JOURNAL = table(
    "journal",
    column("seq", BigInteger),
    column("at", BigInteger),
    column("kind"),
    column("subject"),
    column("payload"),
)


@dataclass(frozen=True, slots=True)
class JournalSource:
    """A journal up to an entry; what comes later is for the next training.

    Attributes:
        last: ``seq`` of that entry, 0 where there is none.
    """

    url: URL
    last: int

    @classmethod
    def open(cls, url: str) -> JournalSource:
        """The journal in a database up to now.

        Raises:
            StateError: the database cannot be read.
        """
        try:
            read = address(url)
        except SQLAlchemyError as error:
            raise StateError(f"the state is no URL: {error}") from error
        with connected(read, StateError) as connection:
            there = inspect(connection).has_table(_JOURNAL.name)
            last: int = (
                connection.execute(select(func.coalesce(func.max(_JOURNAL.c.seq), 0))).scalar_one() if there else 0
            )
        return cls(read, last)

    def __str__(self) -> str:
        return shown(self.url)

    def records(self, after: int = 0, as_of: int | None = None) -> Iterator[SourceRecord]:
        """Records of articles and deletions after a ``seq``, in the order in which they were written.

        Args:
            after: entries up to this ``seq`` are passed over.
            as_of: so are those written later, in microseconds since 1970.

        Raises:
            StateError: the database cannot be read.
        """
        if self.last <= after:
            return
        with connected(self.url, StateError) as connection:
            rows = connection.execution_options(stream_results=True, yield_per=AT_ONCE).execute(
                _latest(after, self.last, as_of)
            )
            for row in rows:
                if row.kind == ARTICLE and row.payload is None:
                    continue  # its text went when it was deleted, which is not asked for
                value = {"id": row.subject, "deleted": True} if row.kind == DELETION else _parse(row.payload)
                yield SourceRecord(str(self), row.seq, value)


def _latest(after: int, last: int, as_of: int | None) -> Select[Any]:
    """The last entry about each article among those after ``after`` up to ``last``."""
    # the last condition says no more, but names the index that leaves events out
    asked = and_(
        _JOURNAL.c.kind.in_((ARTICLE, DELETION)),
        _JOURNAL.c.seq > after,
        _JOURNAL.c.seq <= last,
        _JOURNAL.c.kind != EVENTS,
    )
    if as_of is not None:
        asked = and_(asked, _JOURNAL.c.at <= as_of)
    newest = select(func.max(_JOURNAL.c.seq)).where(asked).group_by(_JOURNAL.c.subject)
    wanted = (_JOURNAL.c.seq, _JOURNAL.c.kind, _JOURNAL.c.subject, _JOURNAL.c.payload)
    return select(*wanted).where(_JOURNAL.c.seq.in_(newest)).order_by(_JOURNAL.c.seq)


def _parse(payload: str | None) -> dict[str, Any] | RecordError:
    try:
        value = json.loads(payload or "")
    except ValueError as error:
        return RecordError("not_json", f"the entry is not JSON: {error}")
    return value if isinstance(value, dict) else RecordError("not_an_object", "the entry is JSON, but not an object")
