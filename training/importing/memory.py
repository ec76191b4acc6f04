"""Memory of an import: what was sent on, and what its sources know from earlier runs; one SQLite file.

What is told to it counts once it is committed, and is forgotten by :meth:`Memory.rollback`: the target is made
durable first, so that a run that is broken off sends some records twice, but leaves none out.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from models.errors import StateError

_TABLES = (
    "CREATE TABLE IF NOT EXISTS sent (id TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS notes (location TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (location, key))"
        " WITHOUT ROWID"
    ),
)


def digest_of(record: str) -> bytes:
    """Sixteen bytes that differ when records differ."""
    return hashlib.blake2b(record.encode(), digest_size=16).digest()


class Memory:
    """What one import to one target remembers. One process has it at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def opened(cls, file: Path | None) -> Iterator[Memory]:
        """The memory in a file, which is made when there is none; without a file one that ends with the run.

        Raises:
            StateError: the file is another import's at the moment, or no memory.
        """
        connection: sqlite3.Connection | None = None
        try:
            # the one without a name is on disk, too, where it grows large, and gone when it is closed
            connection = sqlite3.connect("" if file is None else file, timeout=0, isolation_level=None)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            for statement in _TABLES:
                connection.execute(statement)
            memory = cls(connection)
            memory.commit()
            yield memory
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            why = "another import is using it" if busy else str(error)
            raise StateError(f"cannot use the memory {file}: {why}") from error
        finally:
            if connection is not None:
                connection.close()  # what was not committed is not kept

    def sent(self, article_id: str) -> bytes | None:
        """The digest of what was sent last of an article, or of its deletion."""
        row = self._connection.execute("SELECT digest FROM sent WHERE id = ?", (article_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def keep(self, article_id: str, digest: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO sent VALUES (?, ?)", (article_id, digest))

    def drop(self, article_id: str) -> None:
        """Know nothing of an article."""
        self._connection.execute("DELETE FROM sent WHERE id = ?", (article_id,))

    def notes(self, location: str) -> MutableMapping[str, str]:
        """What is known of a location, by key."""
        return _Notes(self._connection, location)

    def clear(self) -> None:
        for table in ("sent", "notes"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # one of two names

    def commit(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN EXCLUSIVE")

    def rollback(self) -> None:
        """Forget what was told since the last commit."""
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN EXCLUSIVE")


class _Notes(MutableMapping[str, str]):
    """The notes about one location."""

    def __init__(self, connection: sqlite3.Connection, location: str) -> None:
        self._connection = connection
        self._location = location

    def __getitem__(self, key: str) -> str:
        found = self._connection.execute(
            "SELECT value FROM notes WHERE location = ? AND key = ?", (self._location, key)
        ).fetchone()
        if found is None:
            raise KeyError(key)
        return str(found[0])

    def __setitem__(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (self._location, key, value))

    def __delitem__(self, key: str) -> None:
        gone = self._connection.execute("DELETE FROM notes WHERE location = ? AND key = ?", (self._location, key))
        if not gone.rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        rows = self._connection.execute("SELECT key FROM notes WHERE location = ? ORDER BY key", (self._location,))
        return iter([str(key) for (key,) in rows.fetchall()])

    def __len__(self) -> int:
        row = self._connection.execute("SELECT count(*) FROM notes WHERE location = ?", (self._location,)).fetchone()
        return int(row[0])
