"""Database: the state of the service, SQLite in one file or PostgreSQL for several machines, opened as Silah needs it.

Acknowledged is durable in both: SQLite syncs its log at every commit, and on PostgreSQL a commit waits for its
disk even where the server would not. What goes wrong becomes a :class:`StateError`; the next use connects anew.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from models.errors import StateError
from service.migrations import SCHEMA, migrate

BUSY = 10  # seconds that a writer waits for another one
CONNECT = 5  # seconds
POSTGRESQL = "postgresql+psycopg"

_WRITES = "silah_writes"
# lock_timeout is what SQLite calls busy; a writer that was stopped within a transaction must not stop all others
_SESSION = f"SET lock_timeout = '{BUSY}s'; SET idle_in_transaction_session_timeout = '{3 * BUSY}s'"
_DURABLE = text(
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
)


class Database:
    """A database that is connected to and brought to the schema of this release when it is first used."""

    def __init__(self, url: str) -> None:
        """Take note of the address; nothing is connected yet.

        Raises:
            StateError: the address is none, or of a database that Silah does not use.
        """
        self.url = _read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._engine()
        self._ready = False
        self._preparing = threading.Lock()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def prepare(self) -> None:
        """Make the schema what this release needs; once, and safe when several processes do it at the same time.

        Raises:
            StateError: it cannot be reached, or was made by a newer release.
        """
        with self._preparing:
            if not self._ready:
                with self.told():
                    if self.is_sqlite:
                        self._make_file()
                    with self._begin(writes=True) as connection:
                        found = migrate(connection)
                if found > SCHEMA:
                    raise StateError(f"{self} was made by a newer release: its schema is {found}, not {SCHEMA}")
                self._ready = True

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment.

        Raises:
            StateError: the database cannot be used now.
        """
        self.prepare()
        with self.told(), self._begin(writes=False) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable once the block has ended.

        Raises:
            StateError: the database cannot be used now; nothing was written, or nobody knows.
        """
        self.prepare()
        with self.told(), self._begin(writes=True) as connection:
            if not self.is_sqlite:
                connection.execute(_DURABLE)
            yield connection

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """What fails inside becomes a :class:`StateError` of one sentence."""
        try:
            yield
        except (SQLAlchemyError, self.driver_error, OSError) as error:
            raise StateError(f"cannot use {self}: {_reason(error)}") from error

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises where SQLAlchemy is not between."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    @contextlib.contextmanager
    def _begin(self, *, writes: bool) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**{_WRITES: writes}) as connection, connection.begin():
            yield connection

    def _engine(self) -> Engine:
        try:
            if self.is_sqlite:
                engine = create_engine(self.url, connect_args={"timeout": BUSY, "check_same_thread": False})
                event.listen(engine, "connect", _set_up_sqlite)
                event.listen(engine, "begin", _begin_sqlite)
            else:
                # what a server that went away leaves of a connection is noticed before it is used
                arguments = {"connect_timeout": CONNECT, "tcp_user_timeout": 2 * BUSY * 1000}
                arguments = {name: value for name, value in arguments.items() if name not in self.url.query}
                engine = create_engine(self.url, pool_pre_ping=True, connect_args=arguments)
                event.listen(engine, "connect", _set_up_postgresql)
        except (ArgumentError, ModuleNotFoundError) as error:
            needed = ": pip install 'silah[postgresql]'" if isinstance(error, ModuleNotFoundError) else ""
            raise StateError(f"cannot use {self}: {error}{needed}") from error
        return engine

    def _make_file(self) -> None:
        """The file and its folder; its log is written ahead, so that readers and the writer do not wait for each other.

        SQLite waits for no one while it changes that mode, so this does.
        """
        Path(str(self.url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
        last = time.monotonic() + BUSY
        with contextlib.closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            while True:
                try:
                    cursor.execute("PRAGMA journal_mode = WAL")
                except self.driver_error as error:
                    if "locked" not in str(error) or time.monotonic() > last:
                        raise
                    time.sleep(0.02)
                else:
                    return


def _read_url(url: str) -> URL:
    try:
        read = make_url(url)
    except ArgumentError:
        raise StateError("the state is no URL: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME") from None
    if read.drivername == "postgresql":
        read = read.set(drivername=POSTGRESQL)
    if read.drivername not in {"sqlite", POSTGRESQL}:
        raise StateError(f"no state in {read.drivername}: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
    if read.drivername == "sqlite" and read.database in {None, "", ":memory:"}:
        raise StateError("a state in memory would be lost: sqlite:///FILE")
    return read


def _reason(error: Exception) -> str:
    """The first line of what the driver says; what SQLAlchemy adds shows statements and their values."""
    told = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return told.splitlines()[0] if told else type(error).__name__


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    connection.execute("PRAGMA synchronous = FULL")


def _set_up_postgresql(connection: Any, _: object) -> None:
    connection.execute(_SESSION)
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: one that reads first could not wait for another writer."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
