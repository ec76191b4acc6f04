"""Keys: who may write and manage. A key is shown once; what is kept of it is a digest.

A key is ``silah_ID_SECRET``: the id is no secret and stands beside what was done with the key, the secret is 256
random bits, so that a plain SHA-256 of the whole is as hard to turn round as the key is to guess. Whatever
becomes of a key is an entry of the journal, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Row, Table, Text, insert, select, update

from models.errors import KeyNotFound, StateError
from service.journal import TABLES, Change, Journal, Kind
from service.scopes import Scope

PREFIX = "silah"
SECRET_BYTES = 32
FRESH = 0.5  # seconds for which a process goes on with the keys that it read last
PATIENCE = 0.25  # seconds to wait for a database that does not answer, where keys are known from before

log = logging.getLogger("silah.keys")

_SHOWN = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_[A-Za-z0-9_-]{{43}}")

KEYS = Table(
    "keys",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("note", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Key:
    """What may be told of a key; times in microseconds since 1970."""

    id: str
    scope: Scope
    note: str | None
    created_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A key that is not revoked, and the SHA-256 of all of it, which it must match."""

    key: Key
    digest: bytes


class Keys:
    """The keys of a state; for use by many threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def create(self, scope: Scope, at: int, note: str | None = None) -> tuple[Key, str]:
        """A new key, and what a request must carry: nobody can tell it again.

        Raises:
            StateError: the state cannot be used.
        """
        key = Key(secrets.token_hex(4), scope, note, at)
        shown = f"{PREFIX}_{key.id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        row = {"id": key.id, "sha256": _digest(shown).hex(), "scope": str(scope), "note": note, "created_at": at}
        with self._journal.database.writing() as connection:
            connection.execute(insert(KEYS), row)
            self._journal.write(connection, [_change(key, "created")], at)
        return key, shown

    def revoke(self, key_id: str, at: int) -> Key:
        """A key that opens nothing any more; one that was revoked before stays so.

        Raises:
            KeyNotFound: there is no such key.
            StateError: the state cannot be used.
        """
        with self._journal.database.writing() as connection:
            row = connection.execute(select(KEYS).where(KEYS.c.id == key_id)).one_or_none()
            if row is None:
                raise KeyNotFound(key_id)
            if row.revoked_at is not None:
                return _key(row)
            connection.execute(update(KEYS).where(KEYS.c.id == key_id).values(revoked_at=at))
            key = Key(row.id, Scope(row.scope), row.note, row.created_at, at)
            self._journal.write(connection, [_change(key, "revoked")], at)
            return key

    def all(self) -> Sequence[Key]:
        """All keys there ever were, oldest first.

        Raises:
            StateError: the state cannot be read.
        """
        with self._journal.database.reading() as connection:
            rows = connection.execute(select(KEYS).order_by(KEYS.c.created_at, KEYS.c.id)).all()
        return [_key(row) for row in rows]

    def locks(self) -> Mapping[str, Lock]:
        """What opens now, by id.

        Raises:
            StateError: the state cannot be read.
        """
        with self._journal.database.reading() as connection:
            rows = connection.execute(select(KEYS).where(KEYS.c.revoked_at.is_(None))).all()
        return {row.id: Lock(_key(row), bytes.fromhex(row.sha256)) for row in rows}


class Keyring:
    """The keys as a process knows them, read again when they are asked for; for use in the thread of an event loop.

    A key that was revoked is refused half a second later at the latest, everywhere; a new one opens at once. While
    the state cannot be read, what was known before goes on.
    """

    def __init__(
        self, locks: Callable[[], Mapping[str, Lock]], clock: Callable[[], float] = time.monotonic, fresh: float = FRESH
    ) -> None:
        self._read = locks
        self._clock = clock
        self._fresh = fresh
        self._locks: Mapping[str, Lock] | None = None
        self._at = float("-inf")
        self._failure: StateError | None = None
        self._reading: asyncio.Task[None] | None = None

    async def find(self, shown: str) -> Key | None:
        """The key that a request carries, if it is one and opens.

        Raises:
            StateError: the keys were never read, and cannot be.
        """
        sound = _SHOWN.fullmatch(shown)
        if sound is None:
            return None
        now = self._clock()
        locks = await self._read_since(now - self._fresh)
        if sound[1] not in locks:  # it may have been made since
            locks = await self._read_since(now)
        lock = locks.get(sound[1])
        digest = _digest(shown)
        same = hmac.compare_digest(digest, bytes(len(digest)) if lock is None else lock.digest)
        return lock.key if lock is not None and same else None

    async def _read_since(self, moment: float) -> Mapping[str, Lock]:
        """The keys as they were at a moment or later, or as they were known where the state does not tell."""
        while self._at < moment:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read_again())
            told, _ = await asyncio.wait({self._reading}, timeout=None if self._locks is None else PATIENCE)
            if not told:
                break
        if self._locks is None:
            assert self._failure is not None
            raise self._failure
        return self._locks

    async def _read_again(self) -> None:
        began = self._clock()
        try:
            self._locks = await asyncio.to_thread(self._read)
        except StateError as error:
            log.warning("keys cannot be read", extra={"problem": str(error)})
            self._failure = error
        self._at = began


def _digest(shown: str) -> bytes:
    return hashlib.sha256(shown.encode()).digest()


def _change(key: Key, event: str) -> Change:
    payload = {"event": event, "scope": key.scope, "note": key.note}
    return Change(Kind.KEY, key.id, json.dumps(payload, ensure_ascii=False))


def _key(row: Row[tuple[str, str, str, str | None, int, int | None]]) -> Key:
    return Key(row.id, Scope(row.scope), row.note, row.created_at, row.revoked_at)
