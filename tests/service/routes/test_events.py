"""service.routes.events: what readers did is durable when it is answered, and no id of theirs is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.article import to_microseconds
from models.interaction import Interaction, from_payload
from service.journal import Journal, Kind
from tests.support.newsroom import AFTER_ALL
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving
from tests.support.states import journal_of

NOW = to_microseconds(AFTER_ALL)
READER = "reader-who-must-not-be-known"


@pytest.fixture
def served(artifacts: Path) -> Iterator[Client]:
    with serving(artifacts, now=lambda: NOW, events_together=5) as client:
        yield client


@pytest.fixture
def journal(artifacts: Path) -> Iterator[Journal]:
    """What another process finds written down."""
    journal = journal_of(artifacts)
    yield journal
    journal.close()


def send(client: Client, *events: Any) -> dict[str, Any]:
    response = client.request("POST", "/v1/events", json={"events": events})
    assert response.status_code == 202, response.text
    assert response.headers["cache-control"] == "no-store"
    answer: dict[str, Any] = response.json()
    return answer


def written(journal: Journal) -> list[list[Interaction]]:
    return [from_payload(entry.payload or "") for entry in journal.after(0) if entry.kind is Kind.EVENTS]


def event(article_id: str = "water-1", **members: Any) -> dict[str, Any]:
    return {"type": "click", "article_id": article_id, "reader": READER, **members}


def test_a_batch_is_one_row_of_the_journal(served: Client, journal: Journal) -> None:
    assert send(served, event(), event("football-1", source_id="water-1", position=2)) == {
        "taken": 2,
        "refused": 0,
        "reasons": {},
        "refusals": [],
    }
    ((one, other),) = written(journal)
    assert (one.article_id, one.at, other.source_id, other.position) == ("water-1", NOW, "water-1", 2)
    assert one.reader == other.reader


def test_no_id_of_a_reader_is_written_anywhere(served: Client, journal: Journal, artifacts: Path) -> None:
    send(served, event(), event(reader=7, at="1999-01-01"), event(type=READER))
    served.app.state.context.ledger.write_up()
    for path in artifacts.rglob("*"):
        assert path.is_dir() or READER.encode() not in path.read_bytes()
    assert isinstance(written(journal)[0][0].reader, int)


def test_logs_know_neither_readers_nor_secrets(
    served: Client, caplog: pytest.LogCaptureFixture, artifacts: Path
) -> None:
    with caplog.at_level("DEBUG"):
        send(served, event(), event(type=7))
        served.request("POST", "/v1/events", content=f'{{"events": "{READER}"}}')
        served.app.state.context.ledger.write_up()
    with served.app.state.context.writer._journal.database.reading() as connection:
        secret = connection.exec_driver_sql("SELECT secret FROM reader_secrets").scalar_one()
    told = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records if "silah" in record.name)
    assert READER not in told
    assert secret not in told


def test_the_same_reader_is_known_again_and_another_is_another(served: Client, journal: Journal) -> None:
    for reader in (READER, "another", READER):
        send(served, event(reader=reader))
    first, other, again = (batch[0].reader for batch in written(journal))
    assert first == again != other


def test_good_events_are_taken_beside_bad_ones(served: Client, journal: Journal) -> None:
    answer = send(served, event(type="like"), event(), event(at="2099-01-01"), event(at="2020-01-01"), 7)
    assert (answer["taken"], answer["refused"]) == (1, 4)
    assert answer["reasons"] == {"future": 1, "invalid": 2, "too-old": 1}
    assert [(one["event"], one["reason"]) for one in answer["refusals"]] == [
        (0, "invalid"),
        (2, "future"),
        (3, "too-old"),
        (4, "invalid"),
    ]
    assert [len(batch) for batch in written(journal)] == [1]


def test_where_nothing_is_taken_nothing_is_written(served: Client, journal: Journal) -> None:
    assert send(served)["taken"] == 0
    assert send(served, event(type="like"))["taken"] == 0
    assert written(journal) == []


def test_an_article_that_nobody_knows_is_harmless(served: Client, journal: Journal) -> None:
    assert send(served, event("لا أحد"))["taken"] == 1
    assert written(journal)[0][0].article_id == "لا أحد"
    assert served.get("/v1/lists/most-read").status_code == 200
    assert served.get("/v1/articles/water-1/also-like").status_code == 200


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"events": {}}', '{"events": [1, 2, 3, 4, 5, 6]}'])
def test_what_is_no_batch_is_a_problem(served: Client, journal: Journal, body: str) -> None:
    problem = assert_problem(served.request("POST", "/v1/events", content=body), 422, "invalid-input")
    assert problem["errors"][0]["loc"][0] == "body"
    assert written(journal) == []


def test_events_need_no_model(nothing: Client) -> None:
    assert send(nothing, event())["taken"] == 1


def test_the_contract_is_in_openapi(served: Client) -> None:
    operation = served.get("/openapi.json").json()["paths"]["/v1/events"]["post"]
    body = operation["requestBody"]["content"]["application/json"]
    members = body["schema"]["properties"]["events"]["items"]["properties"]
    assert members.keys() == {"type", "article_id", "source_id", "request_id", "position", "reader", "at"}
    assert send(served, *({**one, "at": None} for one in body["example"]["events"]))["taken"] == 2
    assert "202" in operation["responses"]
