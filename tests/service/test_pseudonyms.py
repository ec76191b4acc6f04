"""service.pseudonyms: a reader has one name everywhere for a while, and then another that nothing joins to it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from models.errors import StateError
from models.interaction import READER_BITS
from service.database import Database
from service.pseudonyms import SECRETS, Pseudonyms

DAY = 86_400_000_000
PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture
def database(state: str) -> Iterator[Database]:
    database = Database(state)
    yield database
    database.close()


def names(database: Database, moment: int, *readers: str) -> list[int]:
    return [Pseudonyms(database, DAY).at(moment)(reader) for reader in readers]


def secrets(database: Database) -> list[tuple[int, str]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(SECRETS)).all()]


def test_a_reader_has_one_name_in_a_period(database: Database) -> None:
    first, other, again = names(database, 5 * DAY, "قارئ", "قارئة", "قارئ")
    assert first == again != other
    assert names(database, 6 * DAY - 1, "قارئ") == [first]
    assert 0 <= min(first, other) <= max(first, other) < 1 << READER_BITS


def test_names_of_another_period_are_others_and_the_old_secret_is_gone(database: Database) -> None:
    before = names(database, 5 * DAY, *"abcdef")
    (old,) = secrets(database)
    assert not set(before) & set(names(database, 6 * DAY, *"abcdef"))
    assert old not in secrets(database)
    assert [period for period, _ in secrets(database)] == [6]


def test_a_secret_is_of_256_bits_and_no_other_than_that_of_another_state(database: Database) -> None:
    names(database, 0, "a")
    ((_, secret),) = secrets(database)
    assert len(bytes.fromhex(secret)) == 32


def test_a_name_says_nothing_without_the_secret(database: Database, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = Database(f"sqlite:///{tmp_path_factory.mktemp('elsewhere') / 'state.db'}")
    assert not set(names(database, 0, *"abcdef")) & set(names(elsewhere, 0, *"abcdef"))
    elsewhere.close()


def test_names_are_spread_over_all_numbers(database: Database) -> None:
    found = names(database, 0, *(f"reader-{number}" for number in range(200)))
    assert len(set(found)) == 200
    assert min(found) < 1 << (READER_BITS - 4)
    assert max(found) > 15 << (READER_BITS - 4)


def name_in(url: str) -> int:
    """What another process calls a reader."""
    database = Database(url)
    try:
        return Pseudonyms(database, DAY).at(0)("قارئ")
    finally:
        database.close()


def test_who_comes_first_draws_for_all(state: str, database: Database) -> None:
    with PROCESSES.Pool(3) as pool:
        asked = pool.map_async(name_in, [state] * 3)
        with ThreadPoolExecutor(4) as threads:
            here = list(threads.map(lambda _: names(database, 0, "قارئ")[0], range(8)))
        assert len({*here, *asked.get(60)}) == 1


def test_within_a_period_the_state_is_asked_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudonyms = Pseudonyms(database, DAY)
    name = pseudonyms.at(0)("a")

    def lost() -> None:
        raise StateError("gone")

    monkeypatch.setattr(database, "writing", lost)
    assert pseudonyms.at(DAY - 1)("a") == name
    with pytest.raises(StateError):
        pseudonyms.at(DAY)
