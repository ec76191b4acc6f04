"""service.routes.rules: rules are stored, told, in effect at the next read, here and elsewhere, and in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from models.article import to_microseconds
from models.editorial import Rule
from service.journal import Kind
from service.routes.rules import EXAMPLES
from tests.service.routes.test_articles import ask, ids
from tests.support.newsroom import AFTER_ALL
from tests.support.problems import assert_problem
from tests.support.serving import Client, eventually, serving

NOW = to_microseconds(AFTER_ALL)
BAN = {"type": "ban", "article_id": "water-2", "note": "خبر غير دقيق"}


@pytest.fixture
def clock() -> list[int]:
    return [NOW]


@pytest.fixture
def desk(artifacts: Path, clock: list[int]) -> Iterator[Client]:
    """An application of one's own on the visible world, at the moment of the clock."""
    with serving(artifacts, now=lambda: clock[0]) as client:
        yield client


def put(client: Client, rule_id: str, rule: Any) -> httpx.Response:
    body, kind = json.dumps(rule), {"Content-Type": "application/json"}
    return client.request("PUT", f"/v1/rules/{quote(rule_id, safe='')}", content=body, headers=kind)


def delete(client: Client, rule_id: str) -> httpx.Response:
    return client.request("DELETE", f"/v1/rules/{quote(rule_id, safe='')}")


def rules(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/rules").json()["rules"]
    return found


def journal(client: Client) -> list[tuple[int, int, Kind, str, str | None]]:
    entries = client.app.state.context.follower.journal.after(0)
    return [(entry.seq, entry.at, entry.kind, entry.subject, entry.key_id) for entry in entries]


def test_a_rule_is_answered_as_it_is_stored(desk: Client) -> None:
    stored = put(desk, "r1", BAN)
    assert stored.status_code == 200
    assert stored.headers["cache-control"] == "no-store"
    told = {"id": "r1", **BAN, "active": True, "seq": 1, "changed_at": "2025-04-01T00:00:00Z", "key_id": None}
    assert stored.json() == told
    assert desk.get("/v1/rules/r1").json() == told
    assert rules(desk) == [told]


def test_rules_are_in_effect_at_the_next_read(desk: Client) -> None:
    before = ids(ask(desk, "water-1"))
    assert "water-2" in before
    put(desk, "r1", BAN)
    assert "water-2" not in ids(ask(desk, "water-1"))
    put(desk, "r1", {"type": "pin", "article_id": "football-1", "source_id": "water-1", "lists": ["related"]})
    assert ids(ask(desk, "water-1"))[0] == "football-1"
    delete(desk, "r1")
    assert ids(ask(desk, "water-1")) == before


def test_a_rule_begins_and_ends_at_its_microsecond(desk: Client, clock: list[int]) -> None:
    validity = {"from": "2025-04-01T00:00:30.000001Z", "until": "2025-04-01T00:00:30.000003+00:00"}
    assert put(desk, "r1", {**BAN, "validity": validity}).json()["active"] is False
    shown = []
    for step in range(5):
        clock[0] = NOW + 30_000_000 + step
        shown.append("water-2" in ids(ask(desk, "water-1")))
        assert rules(desk)[0]["active"] is not shown[-1]
    assert shown == [True, False, False, True, True]


def test_writing_twice_is_writing_once(desk: Client) -> None:
    first, second = put(desk, "r1", BAN).json(), put(desk, "r1", BAN).json()
    assert {**first, "seq": 2} == second
    assert rules(desk) == [second]
    assert [delete(desk, "r1").status_code for _ in range(2)] == [204, 204]
    assert rules(desk) == []


def test_a_rule_may_go_back_as_it_came(desk: Client) -> None:
    validity = {"from": "2025-04-01T00:00:00Z", "until": "2025-04-02T00:00:00Z"}
    rule = {"type": "boost", "section": "رياضة", "factor": 2.0, "lists": ["also-like"], "validity": validity}
    told = put(desk, "r1", rule).json()
    assert {**put(desk, "r1", told).json(), "seq": 1} == told


def test_every_change_is_in_the_journal_with_its_time_and_its_key(desk: Client, clock: list[int]) -> None:
    front = desk.app.front

    async def with_key(scope: Scope, receive: Receive, send: Send) -> None:
        scope["key_id"] = "editor-1"
        await front(scope, receive, send)

    desk.app.front = with_key
    assert put(desk, "r1", BAN).json()["key_id"] == "editor-1"
    clock[0] += 5
    delete(desk, "r1")
    put(desk, "r1", BAN)
    assert desk.get("/v1/rules/r1").json()["key_id"] == "editor-1"
    assert journal(desk) == [
        (1, NOW, Kind.RULE, "r1", "editor-1"),
        (2, NOW + 5, Kind.RULE_DELETION, "r1", "editor-1"),
        (3, NOW + 5, Kind.RULE, "r1", "editor-1"),
    ]


def test_another_process_follows_and_a_restart_forgets_nothing(artifacts: Path, desk: Client) -> None:
    with serving(artifacts, now=lambda: NOW) as other:
        told = put(desk, "r1", BAN).json()
        eventually(lambda: rules(other) == [told])
        assert "water-2" not in ids(ask(other, "water-1"))
    with serving(artifacts, now=lambda: NOW) as again:
        assert rules(again) == [told]
        assert "water-2" not in ids(ask(again, "water-1"))


def test_rules_are_told_by_id(desk: Client) -> None:
    for rule_id in ("b", "ج", "a"):
        put(desk, rule_id, BAN)
    assert [rule["id"] for rule in rules(desk)] == ["a", "b", "ج"]


@pytest.mark.parametrize("rule_id", ["a/b", "a%2Fb", "حكم 114", "100%", "a?b#c"])
def test_any_id_can_be_written_and_read(desk: Client, rule_id: str) -> None:
    assert put(desk, rule_id, BAN).json()["id"] == rule_id
    assert desk.get(f"/v1/rules/{quote(rule_id, safe='')}").json()["id"] == rule_id
    delete(desk, rule_id)
    assert rules(desk) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_rules(desk: Client, example: str) -> None:
    value = EXAMPLES[example]["value"]
    told = put(desk, example, value).json()
    added = {"active", "seq", "changed_at", "key_id"}
    assert {name: each for name, each in told.items() if name not in added} == {"id": example, **value}
    shown = desk.get("/openapi.json").json()["paths"]["/v1/rules/{rule_id}"]["put"]["requestBody"]
    assert shown["content"]["application/json"]["examples"][example]["value"] == value


@pytest.mark.parametrize(
    ("rule", "at_fault"),
    [
        ({"type": "pin"}, "article_id"),
        ({"type": "ban"}, "article_id"),
        ({"type": "boost", "article_id": "a"}, "factor"),
        ({"type": "boost", "article_id": "a", "factor": 11}, "factor"),
        ({"type": "boost", "article_id": "a", "factor": "NaN"}, "factor"),
        ({"type": "pin", "article_id": "a", "position": 51}, "position"),
        ({"type": "pin", "article_id": "a", "section": "b"}, "section"),
        ({"type": "ban", "article_id": "a", "position": 1}, "position"),
        ({"type": "ban", "article_id": ""}, "article_id"),
        ({"type": "ban", "article_id": "\ud800"}, "article_id"),
        ({"type": "ban", "article_id": "a", "lists": []}, "lists"),
        ({"type": "ban", "article_id": "a", "lists": ["front"]}, "lists"),
        ({"type": "ban", "article_id": "a", "untill": "2025-04-01"}, "untill"),
        ({"type": "ban", "article_id": "a", "validity": {"to": "2025-04-01"}}, "validity"),
        ({"type": "ban", "article_id": "a", "validity": {"until": "soon"}}, "validity"),
        ({"type": "ban", "article_id": "a", "validity": {"from": "2025-04-02", "until": "2025-04-01"}}, "validity"),
        ({"type": "ban", "article_id": "a", "id": "another"}, "id"),
        ({"type": "hide", "article_id": "a"}, "type"),
        ({"article_id": "a"}, "type"),
        ([], None),
    ],
)
def test_what_is_no_rule_is_refused_by_the_member_at_fault(desk: Client, rule: Any, at_fault: str | None) -> None:
    problem = assert_problem(put(desk, "r1", rule), 422, "invalid-input")
    (error,) = problem["errors"]
    assert error["loc"][:2] == (["body"] if at_fault is None else ["body", at_fault])
    assert error["msg"]
    assert journal(desk) == []


def test_an_id_that_is_none_is_refused(desk: Client) -> None:
    problem = assert_problem(put(desk, "a" * 129, BAN), 422, "invalid-input")
    assert problem["errors"][0]["loc"] == ["path", "rule_id"]


def test_an_unknown_rule_is_told(desk: Client) -> None:
    assert_problem(desk.get("/v1/rules/nobody"), 404, "rule-not-found")


def test_a_rule_that_is_stored_can_be_read_from_the_journal_alone(desk: Client) -> None:
    put(desk, "r1", BAN)
    (entry,) = desk.app.state.context.follower.journal.after(0)
    assert Rule.from_json(entry.payload).to_record() == {"id": "r1", **BAN}
