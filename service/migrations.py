"""Migrations: the schema of the state, step by step.

A step is a list of statements and is never changed once released; the schema's number is the number of steps
done. ``{integer}`` is an integer of 64 bits. The tables are told in docs/state.md, for others read them too.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE journal (seq {integer} PRIMARY KEY, at {integer} NOT NULL, kind TEXT NOT NULL,
                                 subject TEXT NOT NULL, payload TEXT, key_id TEXT)""",
        # what became of an article or a rule is found without the events, which are most of the rows
        "CREATE INDEX journal_subjects ON journal (kind, subject, seq) WHERE kind <> 'events'",
        "CREATE TABLE journal_head (seq {integer} NOT NULL)",
        "INSERT INTO journal_head (seq) VALUES (0)",
    ),
    (
        """CREATE TABLE keys (id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, scope TEXT NOT NULL, note TEXT,
                              created_at {integer} NOT NULL, revoked_at {integer})""",
    ),
    (
        "CREATE TABLE reader_secrets (period {integer} PRIMARY KEY, secret TEXT NOT NULL)",
        # events that are too old are found without looking at all rows
        "CREATE INDEX journal_events ON journal (at) WHERE kind = 'events'",
    ),
)
SCHEMA = len(STEPS)

_LOCK = 0x5119AB  # on PostgreSQL: who brings the schema up to date


def migrate(connection: Connection, steps: tuple[tuple[str, ...], ...] = STEPS) -> int:
    """Do the steps that are missing, within the transaction of a writer; the schema's number afterwards.

    A schema of more steps than there are is left as it is.
    """
    integer = "INTEGER"
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        integer = "BIGINT"
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
    done: int | None = connection.execute(text("SELECT max(version) FROM schema_version")).scalar()
    if done is None:
        connection.exec_driver_sql("INSERT INTO schema_version (version) VALUES (0)")
    for step in steps[done or 0 :]:
        for statement in step:
            connection.exec_driver_sql(statement.format(integer=integer))
    version = max(done or 0, len(steps))
    connection.execute(text("UPDATE schema_version SET version = :version"), {"version": version})
    return version
