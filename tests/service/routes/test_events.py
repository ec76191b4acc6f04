"""service.routes.events: what readers did is durable when it is answered, and no id of theirs is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.article import to_microseconds
from models.interaction import Interaction, from_payload
from service.journal import Journal, Kind
from service.scopes import Scope
from tests.support.newsroom import AFTER_ALL
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving

NOW = to_microseconds(AFTER_ALL)
READER = "reader-who-must-not-be-known"


@pytest.fixture
def state(tmp_path: Path) -> str:
    """The address of an empty state; what differs between databases is tried with the journal."""
    return f"sqlite:///{tmp_path / 'state.db'}"


@pytest.fixture
def served(trained: Path, state: str) -> Iterator[Client]:
    with serving(trained, now=lambda: NOW, events_together=5, state=state) as client:
        yield client


def post(client: Client, **given: Any) -> httpx.Response:
    return client.request("POST", "/v1/events", headers=client.key(Scope.WRITE), **given)


def send(client: Client, *events: Any) -> dict[str, Any]:
    response = post(client, json={"events": events})
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


def test_no_id_of_a_reader_is_written_anywhere(served: Client, journal: Journal, tmp_path: Path) -> None:
    send(served, event(), event(reader=7, at="1999-01-01"), event(type=READER))
    assert READER not in str(journal.after(0))
    assert isinstance(written(journal)[0][0].reader, int)
    for path in tmp_path.glob("state.db*"):
        assert READER.encode() not in path.read_bytes()


def test_logs_know_neither_readers_nor_secrets(
    served: Client, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        send(served, event(), event(type=7))
        post(served, content=f'{{"events": "{READER}"}}')
        served.app.state.context.ledger.write_up()
    with journal.database.reading() as connection:
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
    problem = assert_problem(post(served, content=body), 422, "invalid-input")
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


@pytest.mark.parametrize("scope", [None, Scope.READ])
def test_events_take_a_key_that_may_write(served: Client, journal: Journal, scope: Scope | None) -> None:
    headers = {} if scope is None else served.key(scope)
    response = served.request("POST", "/v1/events", json={"events": [event()]}, headers=headers)
    assert response.status_code == (401 if scope is None else 403)
    assert written(journal) == []


def test_who_sent_them_is_written_down(served: Client, journal: Journal) -> None:
    send(served, event())
    (entry,) = (entry for entry in journal.after(0) if entry.kind is Kind.EVENTS)
    assert entry.key_id in {key.id for key in served.app.state.context.keys.all()}


def test_what_was_sent_is_in_the_lists_at_once_and_after_a_restart(trained: Path, state: str) -> None:
    with serving(trained, now=lambda: NOW, state=state) as client:
        before = client.get("/v1/articles/water-1/related").content
        send(client, *(event("water-2", reader=f"r{number}") for number in range(3)), event("health-1", reader="r0"))
        send(client, *(event("health-1", reader="r0") for _ in range(20)))
        paths = ("/v1/lists/most-read", "/v1/lists/trending", "/v1/articles/water-2/also-like")
        told = [client.get(path).content for path in paths]
        found = [[item["id"] for item in client.get(path).json()["items"]] for path in paths[:2]]
        assert found == [["water-2", "health-1"]] * 2
        assert client.get("/v1/articles/water-1/related").content == before
    with serving(trained, now=lambda: NOW, state=state) as client:
        assert [client.get(path).content for path in paths] == told
