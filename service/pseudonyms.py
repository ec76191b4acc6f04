"""Pseudonyms: a reader's id becomes a keyed hash before anything of it is stored, and the key does not last.

HMAC-SHA-256 (RFC 2104) under a secret of a period as long as the retention of readings. The secret is drawn by
whoever needs it first, kept in the state, and told to no one; when its period is over it is deleted, so that
nobody can find a reader of whom the id is known, nor follow one from period to period.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, delete, select, text

from models.interaction import READER_BITS
from service.database import Database

SECRETS = Table(
    "reader_secrets",
    MetaData(),
    Column("period", BigInteger, primary_key=True),
    Column("secret", Text, nullable=False),
)
SECRET_BYTES = 32

_BYTES = 8  # of the hash, from which the first bits are taken
_DRAW = text("INSERT INTO reader_secrets (period, secret) VALUES (:period, :secret) ON CONFLICT DO NOTHING")


class Pseudonyms:
    """The keyed hashes of one state; for use by many threads."""

    def __init__(self, database: Database, period: int) -> None:
        """``period`` is how long a reader has the same name, in microseconds."""
        self._database = database
        self._period = period
        self._known: tuple[int, bytes] | None = None
        self._drawing = threading.Lock()

    def at(self, moment: int) -> Callable[[str], int]:
        """What makes hashes of readers' ids at a moment: ``READER_BITS`` bits each.

        Raises:
            StateError: the secret of a new period is not in memory yet, and the state cannot be used.
        """
        secret = self._secret(moment // self._period)

        def named(reader: str) -> int:
            digest = hmac.digest(secret, reader.encode(), "sha256")
            return int.from_bytes(digest[:_BYTES], "big") >> (8 * _BYTES - READER_BITS)

        return named

    def _secret(self, period: int) -> bytes:
        known = self._known
        if known is not None and known[0] == period:
            return known[1]
        with self._drawing, self._database.writing() as connection:
            connection.execute(_DRAW, {"period": period, "secret": secrets.token_hex(SECRET_BYTES)})
            connection.execute(delete(SECRETS).where(SECRETS.c.period < period))
            drawn: str = connection.execute(select(SECRETS.c.secret).where(SECRETS.c.period == period)).scalar_one()
        self._known = period, bytes.fromhex(drawn)
        return self._known[1]
