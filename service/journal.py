"""Journal: the ordered log of what changed since training, which every process follows.

``seq`` counts the entries without a gap, in the order of their commits: each append first moves the one row of
``journal_head``, and who moves it next waits for that commit. So whoever has read up to a ``seq`` will never
meet a smaller one. The table is told in docs/state.md; a training reads it, too.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, and_, func, insert, select, update

from models.errors import StateError
from service.database import Database
from service.waking import CHANNEL, Pacing, waking

TABLES = MetaData()
JOURNAL = Table(
    "journal",
    TABLES,
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text),
    Column("key_id", Text),
)
HEAD = Table("journal_head", TABLES, Column("seq", BigInteger, nullable=False))


class Kind(StrEnum):
    """What an entry is about; its subject is an article's id, a rule's, a key's, or nothing for events."""

    ARTICLE = "article"
    DELETION = "deletion"
    RULE = "rule"
    RULE_DELETION = "rule-deletion"
    EVENTS = "events"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Change:
    """Something to be written down; ``payload`` is JSON."""

    kind: Kind
    subject: str
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A change with its place in the log.

    Attributes:
        at: microseconds since 1970.
        key_id: of the key it was asked with, if any.
    """

    seq: int
    at: int
    kind: Kind
    subject: str
    payload: str | None
    key_id: str | None


class Journal:
    """The log in a database; for use by many threads."""

    def __init__(self, database: Database, pacing: Pacing | None = None) -> None:
        """The journal of a database, which need not be reachable yet."""
        self.database = database
        self._waking = waking(database, pacing or Pacing())
        self._released = False

    @classmethod
    def open(cls, url: str) -> Journal:
        """The journal at an address, its schema up to date.

        Raises:
            StateError: it cannot be used.
        """
        database = Database(url)
        try:
            database.prepare()
        except StateError:
            database.close()
            raise
        return cls(database)

    def append(self, changes: Sequence[Change], at: int, key_id: str | None = None) -> list[Entry]:
        """Write changes down, all or none; they are durable when this returns.

        Raises:
            StateError: it cannot be written.
        """
        if not changes:
            return []
        with self.database.writing() as connection:
            return self.write(connection, changes, at, key_id)

    def write(
        self, connection: Connection, changes: Sequence[Change], at: int, key_id: str | None = None
    ) -> list[Entry]:
        """Write changes down within a transaction of a writer, with what else it does.

        The text of an article that is deleted goes from the entries before; they themselves stay.
        """
        moved = update(HEAD).values(seq=HEAD.c.seq + len(changes)).returning(HEAD.c.seq)
        first = connection.execute(moved).scalar_one() - len(changes) + 1
        entries = [
            Entry(seq, at, change.kind, change.subject, change.payload, key_id)
            for seq, change in enumerate(changes, first)
        ]
        connection.execute(insert(JOURNAL), [_row(entry) for entry in entries])
        gone = sorted({change.subject for change in changes if change.kind is Kind.DELETION})
        if gone:  # the last condition says no more, but names the index that leaves events out
            before = and_(JOURNAL.c.kind == str(Kind.ARTICLE), JOURNAL.c.subject.in_(gone), JOURNAL.c.seq < first)
            before = and_(before, JOURNAL.c.payload.is_not(None), JOURNAL.c.kind != str(Kind.EVENTS))
            connection.execute(update(JOURNAL).where(before).values(payload=None))
        if not self.database.is_sqlite:
            connection.execute(select(func.pg_notify(CHANNEL, "")))
        return entries

    def after(self, seq: int, limit: int = 1000, kinds: Collection[Kind] | None = None) -> list[Entry]:
        """The entries that follow, of some kinds or of all, at most ``limit`` of them, in order.

        Raises:
            StateError: it cannot be read, or holds an entry that this release does not know.
        """
        asked = select(JOURNAL).where(JOURNAL.c.seq > seq).order_by(JOURNAL.c.seq).limit(limit)
        if kinds is not None:
            asked = asked.where(JOURNAL.c.kind.in_([str(kind) for kind in kinds]))
        with self.database.reading() as connection:
            rows = connection.execute(asked).all()
        try:
            return [Entry(row.seq, row.at, Kind(row.kind), row.subject, row.payload, row.key_id) for row in rows]
        except ValueError as error:
            raise StateError(f"cannot read {self.database}: {error}; it was written by a newer release") from error

    def last(self) -> int:
        """The ``seq`` of the newest entry, 0 before the first.

        Raises:
            StateError: it cannot be read.
        """
        with self.database.reading() as connection:
            last: int = connection.execute(select(HEAD.c.seq)).scalar_one()
        return last

    def wait(self, seq: int, seconds: float) -> bool:
        """Block until there is an entry after ``seq``, for so many seconds at most; whether there is one.

        Raises:
            StateError: it cannot be read.
        """
        end = time.monotonic() + seconds
        while not self._released:
            self._waking.attend()
            if self.last() > seq:
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._waking.wait(left)
        return False

    def release(self) -> None:
        """From here on nobody waits: who does is told soon that there is nothing."""
        self._released = True

    def close(self) -> None:
        """Give back all connections; nobody may use them then, so whoever waits is to be :meth:`release`-d before."""
        self.release()
        self._waking.close()
        self.database.close()


def _row(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "kind": str(entry.kind),
        "subject": entry.subject,
        "payload": entry.payload,
        "key_id": entry.key_id,
    }
