"""Databases that are only read: their addresses, and connections that cannot write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from models.errors import SilahError
from training.sources.opening import masked

AT_ONCE = 500  # rows that are held in memory


def address(url: str) -> URL:
    """The address of a database; PostgreSQL's without a driver is asked through psycopg.

    Raises:
        SQLAlchemyError: it is none.
    """
    read = make_url(url)
    return read.set(drivername="postgresql+psycopg") if read.drivername == "postgresql" else read


@contextmanager
def connected(url: URL, failure: type[SilahError]) -> Iterator[Connection]:
    """One connection that reads; ``failure`` is raised in place of what goes wrong with the database."""
    try:
        with _engine(url).connect() as connection:
            yield connection
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise failure(f"cannot read {shown(url)}: {_reason(error, url)}") from error


def shown(url: URL) -> str:
    """An address without its password, wherever that stands."""
    return masked(url.render_as_string(hide_password=True))


def _reason(error: Exception, url: URL) -> str:
    """The first line of what the driver says; what SQLAlchemy adds shows statements and their values."""
    if isinstance(error, ModuleNotFoundError):
        package = "'silah[postgresql]'" if url.get_backend_name() == "postgresql" else error.name
        return f"{error.name} is not installed: pip install {package}"
    told = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return told[0] if told else type(error).__name__


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)

    def read_only() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(url.database or '')}?mode=ro", uri=True)
        # bytes that are not UTF-8 must not take the other rows along
        connection.text_factory = lambda data: data.decode(errors="surrogateescape")
        return connection

    return create_engine("sqlite://", creator=read_only, poolclass=NullPool)
