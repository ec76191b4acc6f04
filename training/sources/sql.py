"""SQL: the rows of a table, or of a query, of any database that SQLAlchemy knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, Connection, CursorResult, Text, cast, column, false, inspect, select, table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import FromClause

from models.errors import SourceError
from training.sources.cells import TIMES, record_of
from training.sources.columns import checked, places
from training.sources.databases import AT_ONCE, address, connected, shown
from training.sources.opening import said
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

TABLE = "articles"  # the one that is read where none is named

_NAMED = re.compile(r"(?P<url>.*)#(?P<table>[^/@#]+)")
# said in the transaction: a pool between would hand a setting of the session on to others
_READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY; SET LOCAL datestyle = 'ISO'",
    "mysql": "START TRANSACTION READ ONLY",
    "mariadb": "START TRANSACTION READ ONLY",
}


def read_sql(location: str, options: SourceOptions) -> Iterator[SourceRecord]:
    """The records of a table or a query, from a transaction that cannot write; ``line`` counts the rows.

    Args:
        location: an address as SQLAlchemy writes it, the table after ``#`` if one is named there. Without any it is
            ``articles``, or the only table there is.
        options: ``table`` or ``query``, and ``columns``.

    Raises:
        SourceError: at once when the database cannot be asked or has no such table, later when it is lost.
    """
    url, name = _split(location, options.table)
    columns = checked(options.columns)
    if name is not None and options.query is not None:
        raise SourceError(f"cannot read {_source(url, name)}: a table and a query are named; one of them is read")
    with connected(url, SourceError) as connection:
        asked = options.query or _table(connection, url, name)
    source = _source(url, None if isinstance(asked, str) else str(asked))
    return _records(url, asked, dict(columns), source)


def _split(location: str, name: str | None) -> tuple[URL, str | None]:
    named = _NAMED.fullmatch(location)
    try:
        url = address(named["url"] if named else location)
    except (SQLAlchemyError, ValueError):
        raise SourceError("cannot read a database: its address is none, DIALECT://USER:PASSWORD@HOST/NAME") from None
    if named and name not in {None, unquote(named["table"])}:
        raise SourceError(f"cannot read {shown(url)}: two tables are named, {unquote(named['table'])} and {name}")
    return url, unquote(named["table"]) if named else name


def _source(url: URL, name: str | None) -> str:
    plain = shown(url.set(query={}))
    return f"{plain}#{name}" if name else plain


def _table(connection: Connection, url: URL, name: str | None) -> FromClause:
    """The table of a name, ``schema.table`` as well.

    Raises:
        SourceError: there is none, or more than one and none is named.
    """
    inspector = inspect(connection)
    if name is not None:
        schema, _, own = name.rpartition(".")
        if inspector.has_table(name):
            return table(name)
        if schema and inspector.has_table(own, schema=schema):
            return table(own, schema=schema)
    there = sorted({*inspector.get_table_names(), *inspector.get_view_names()})
    if name is None and TABLE in there:
        return table(TABLE)
    if name is None and len(there) == 1:
        return table(there[0])
    problem = f"no table is called {name}" if name else f"no table is named and none is called {TABLE}"
    raise SourceError(f"cannot read {_source(url, None)}: {problem}; there are {', '.join(there) or 'none'}")


def _records(url: URL, asked: FromClause | str, columns: dict[str, str], source: str) -> Iterator[SourceRecord]:
    line = 0
    try:
        with connected(url, SourceError) as connection, _asked(connection, asked, columns, source) as (at, rows):
            for line, row in enumerate(rows, 1):
                yield SourceRecord(source, line, record_of((key, row[place]) for key, place in at.items()))
    except (ValueError, OverflowError) as error:  # a driver that has no value for what a column holds
        raise SourceError(f"cannot read {source} after row {line}: {said(error)}") from error


@contextmanager
def _asked(
    connection: Connection, asked: FromClause | str, columns: dict[str, str], source: str
) -> Iterator[tuple[dict[str, int], CursorResult[Any]]]:
    """Of each key its place in a row, and the rows."""
    backend = connection.dialect.name
    if backend in _READ_ONLY:
        connection.exec_driver_sql(_READ_ONLY[backend])
    streamed: dict[str, Any] = {"stream_results": True, "yield_per": AT_ONCE}
    if isinstance(asked, str):
        # as it was written: a percent sign or a colon in it names no parameter
        with connection.exec_driver_sql(asked, execution_options={**streamed, "no_parameters": True}) as rows:
            if not rows.returns_rows:
                raise SourceError(f"cannot read {source}: the query gives no rows")
            yield places(list(rows.keys()), columns, source), rows
        return
    names = list(connection.execute(select(text("*")).select_from(asked).where(false())).keys())
    at = places(names, columns, source)
    wanted = [_column(key, names[place], backend) for key, place in at.items()]
    with connection.execute(select(*wanted).select_from(asked), execution_options=streamed) as rows:
        yield {key: place for place, key in enumerate(at)}, rows


def _column(key: str, name: str, backend: str) -> Any:
    """A column by its name alone: what the driver gives is taken as it is."""
    if key in TIMES and backend == "postgresql":  # infinity and years before the first are no time of Python's
        return cast(column(name), Text).label(key)
    return column(name).label(key)
