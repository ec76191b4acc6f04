"""service.keys: a key opens what its scope says until it is revoked, and nobody can read it anywhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from models.errors import KeyNotFound, StateError
from service import keys as module
from service.journal import Journal, Kind
from service.keys import Key, Keyring, Keys, Lock
from service.scopes import Scope

AT = 1_790_000_000_000_000


@pytest.fixture
def keys(journal: Journal) -> Keys:
    return Keys(journal)


def found(ring: Keyring, shown: str) -> Key | None:
    return asyncio.run(ring.find(shown))


def test_a_scope_includes_those_before_it() -> None:
    included = {scope: [other for other in Scope if scope.includes(other)] for scope in Scope}
    assert included == {
        Scope.READ: [Scope.READ],
        Scope.WRITE: [Scope.READ, Scope.WRITE],
        Scope.ADMIN: [Scope.READ, Scope.WRITE, Scope.ADMIN],
    }


def test_a_key_opens_until_it_is_revoked(keys: Keys) -> None:
    key, shown = keys.create(Scope.WRITE, AT, "الموقع")
    other, other_shown = keys.create(Scope.ADMIN, AT + 1)
    assert found(Keyring(keys.locks), shown) == key == Key(key.id, Scope.WRITE, "الموقع", AT)
    revoked = keys.revoke(key.id, AT + 2)
    assert revoked == Key(key.id, Scope.WRITE, "الموقع", AT, AT + 2)
    assert keys.revoke(key.id, AT + 3) == revoked
    assert keys.all() == [revoked, other]
    ring = Keyring(keys.locks)
    assert (found(ring, shown), found(ring, other_shown)) == (None, other)


def test_a_key_that_never_was_cannot_be_revoked(keys: Keys) -> None:
    with pytest.raises(KeyNotFound, match="'nobody'"):
        keys.revoke("nobody", AT)


def test_every_change_of_a_key_is_in_the_journal_and_no_secret_anywhere(keys: Keys, journal: Journal) -> None:
    key, shown = keys.create(Scope.WRITE, AT, "الموقع")
    keys.revoke(key.id, AT + 1)
    keys.revoke(key.id, AT + 2)
    entries = journal.after(0)
    assert [(entry.kind, entry.subject, entry.at) for entry in entries] == [
        (Kind.KEY, key.id, AT),
        (Kind.KEY, key.id, AT + 1),
    ]
    assert [entry.payload for entry in entries] == [
        '{"event": "created", "scope": "write", "note": "الموقع"}',
        '{"event": "revoked", "scope": "write", "note": "الموقع"}',
    ]
    secret = shown.split("_", 2)[2]
    assert len(secret) == 43  # 32 bytes
    with journal.database.reading() as connection:
        kept = repr(connection.execute(text("SELECT * FROM keys")).all())
    assert secret not in kept
    assert secret not in repr([entries, keys.all()])


def test_what_is_not_the_whole_key_opens_nothing(keys: Keys) -> None:
    key, shown = keys.create(Scope.WRITE, AT)
    _, other = keys.create(Scope.ADMIN, AT)
    ring = Keyring(keys.locks)
    mixed = f"silah_{key.id}_{other.split('_', 2)[2]}"
    unknown = f"silah_00000000_{shown.split('_', 2)[2]}"
    for given in (
        "",
        "silah",
        key.id,
        shown[:-1],
        f"{shown}A",
        shown.upper(),
        f" {shown}",
        f"{shown}\n",
        mixed,
        unknown,
    ):
        assert found(ring, given) is None, given
    assert found(ring, shown) == key


def test_a_new_key_opens_at_once_and_a_revoked_one_for_no_longer_than_keys_are_fresh(keys: Keys) -> None:
    now = 100.0
    ring = Keyring(keys.locks, lambda: now, fresh=0.5)
    key, shown = keys.create(Scope.WRITE, AT)
    assert found(ring, shown) == key
    later, later_shown = keys.create(Scope.WRITE, AT)
    now += 0.1
    assert found(ring, later_shown) == later
    keys.revoke(key.id, AT)
    keys.revoke(later.id, AT)
    now += 0.51
    assert (found(ring, shown), found(ring, later_shown)) == (None, None)


def test_while_the_state_cannot_be_read_known_keys_open(keys: Keys, journal: Journal) -> None:
    key, shown = keys.create(Scope.WRITE, AT)
    now = 100.0
    ring = Keyring(keys.locks, lambda: now)
    assert found(ring, shown) == key
    with journal.database.writing() as connection:
        connection.execute(text("ALTER TABLE keys RENAME TO elsewhere"))
    now += 10
    assert found(ring, shown) == key
    with pytest.raises(StateError):
        found(Keyring(keys.locks), shown)
    with journal.database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO keys"))
    keys.revoke(key.id, AT)
    now += 10
    assert found(ring, shown) is None


def test_a_state_that_does_not_answer_is_not_waited_for_where_keys_are_known(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    key, shown = keys.create(Scope.WRITE, AT)
    slow = False
    asked = 0

    def locks() -> Mapping[str, Lock]:
        nonlocal asked
        asked += 1
        if slow:
            time.sleep(0.3)
        return keys.locks()

    async def use() -> None:
        nonlocal slow
        ring = Keyring(locks, fresh=0)
        assert await ring.find(shown) == key
        slow = True
        assert await asyncio.gather(*(ring.find(shown) for _ in range(20))) == [key] * 20

    asyncio.run(use())
    assert asked == 2  # those who wait share one reading


def test_keys_of_many_threads_are_all_there(keys: Keys) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: keys.create(Scope.READ, AT + number), range(20)))
    assert keys.all() == [key for key, _ in made]
    ring = Keyring(keys.locks)
    assert [found(ring, shown) for _, shown in made] == [key for key, _ in made]
