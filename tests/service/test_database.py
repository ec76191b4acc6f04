"""service.database: a state is opened as it must be, and what fails is told in one sentence."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from models.errors import StateError
from service.database import Database
from service.journal import Journal
from service.migrations import SCHEMA, migrate


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("state.db", "no URL"),
        ("mysql://host/name", "no state in mysql"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_an_address_that_is_none_is_refused_at_once(url: str, told: str) -> None:
    with pytest.raises(StateError, match=told):
        Database(url)


def test_the_driver_of_postgresql_need_not_be_named() -> None:
    assert str(Database("postgresql://silah:hunter2@host/name")) == "postgresql+psycopg://silah:***@host/name"


def test_where_the_driver_is_not_installed_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StateError, match=r"silah\[postgresql\]"):
        Database("postgresql://host/name")


def test_nobody_there_is_told_without_a_password(tmp_path: Path) -> None:
    with pytest.raises(StateError) as told:
        Journal.open(f"postgresql://silah:hunter2@/name?host={tmp_path}")
    assert "\n" not in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(StateError, match="not a database"):
        Journal.open(f"sqlite:///{file}")


def test_a_file_in_use_is_waited_for_and_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.database.BUSY", 0.1)
    file = tmp_path / "state.db"
    holder = sqlite3.connect(file)
    holder.execute("BEGIN EXCLUSIVE")
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StateError, match="locked"):
        database.prepare()
    holder.close()
    database.prepare()
    database.close()


def test_sqlite_is_durable_at_every_commit_and_lets_readers_read(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'state.db'}")
    with database.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        connection.exec_driver_sql("UPDATE journal_head SET seq = 7")
        with database.reading() as beside:
            assert beside.exec_driver_sql("SELECT seq FROM journal_head").scalar() == 0
    database.close()


def test_the_schema_is_made_step_by_step_and_each_step_once(state: str) -> None:
    database = Database(state)
    steps = (("CREATE TABLE one (number {integer})",), ("ALTER TABLE one ADD COLUMN other TEXT",))
    with database.engine.begin() as connection:
        assert migrate(connection, steps[:1]) == 1
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO one VALUES (9000000000000000000)"))
    for _ in range(2):
        with database.engine.begin() as connection:
            assert migrate(connection, steps) == 2
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT number, other FROM one")).all() == [(9_000_000_000_000_000_000, None)]
    database.close()


def test_a_step_that_fails_leaves_nothing_behind(state: str) -> None:
    database = Database(state)
    broken = (("CREATE TABLE one (number {integer})", "CREATE TABLE two ("),)
    with pytest.raises(StateError), database.told(), database.engine.begin() as connection:
        migrate(connection, broken)
    with database.engine.begin() as connection:
        assert migrate(connection, (("CREATE TABLE one (number {integer})",),)) == 1
    database.close()


def test_a_state_of_a_newer_release_is_refused_and_left_as_it_is(state: str) -> None:
    newer = Database(state)
    newer.prepare()
    with newer.engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = :newer"), {"newer": SCHEMA + 1})
    with pytest.raises(StateError, match="newer release"):
        Journal.open(state)
    with newer.engine.begin() as connection:
        assert connection.execute(text("SELECT version FROM schema_version")).scalar() == SCHEMA + 1
    newer.close()
