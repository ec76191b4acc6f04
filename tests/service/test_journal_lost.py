"""service.journal on PostgreSQL: a server that goes away is told, and one that comes back is used."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from models.errors import StateError
from service.journal import Change, Journal, Kind
from tests.support.postgres import Postgres, postgres
from tests.support.serving import DEADLINE, eventually
from tests.support.states import SERVER

CHANGE = Change(Kind.DELETION, "a")


@pytest.fixture(scope="module", params=() if SERVER is None else (SERVER,))
def mortal(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A server of these tests alone."""
    with postgres(request.param) as running:
        yield running


def test_a_server_that_went_away_and_came_back_is_used_again(mortal: Postgres) -> None:
    journal = Journal.open(mortal.new_database())
    journal.append([CHANGE], 0)
    assert journal.wait(0, 0)
    mortal.stop()
    for use in (lambda: journal.append([CHANGE], 0), lambda: journal.after(0), lambda: journal.wait(1, DEADLINE)):
        with pytest.raises(StateError, match="cannot use postgresql"):
            use()
    mortal.start()
    assert [entry.seq for entry in journal.append([CHANGE], 0)] == [2]
    assert journal.wait(1, DEADLINE)
    journal.close()


def test_a_listener_that_is_cut_off_while_it_waits_listens_again(mortal: Postgres) -> None:
    url = mortal.new_database()
    journal, waiting = Journal.open(url), Journal.open(url)
    assert not waiting.wait(0, 0)
    with journal.database.writing() as connection:
        listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        connection.execute(text(listeners))
    assert not waiting.wait(0, 0.1)
    journal.append([CHANGE], 0)
    assert waiting.wait(0, DEADLINE)
    assert eventually(lambda: waiting.last() == 1)
    journal.close()
    waiting.close()


def test_what_is_acknowledged_is_durable_even_where_the_server_would_not_wait(mortal: Postgres) -> None:
    url = mortal.new_database()
    journal = Journal.open(url + "&options=-csynchronous_commit%3Doff")
    for entered, durable in ((journal.database.reading, "off"), (journal.database.writing, "on")):
        with entered() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == durable
    journal.close()
