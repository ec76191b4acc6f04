"""service.routes.rules: rules are stored, told, in effect at the next read, here and elsewhere, and in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from models.article import to_microseconds
from models.editorial import Rule
from service.journal import Entry, Journal, Kind
from service.routes.rules import EXAMPLES
from service.scopes import Scope
from tests.service.routes.test_articles import ask, ids
from tests.support.newsroom import AFTER_ALL
from tests.support.problems import assert_problem
from tests.support.serving import Client, eventually, serving

NOW = to_microseconds(AFTER_ALL)
BAN = {"type": "ban", "article_id": "water-2", "note": "خبر غير دقيق"}


@pytest.fixture
def clock() -> list[int]:
    return [NOW]


class Editor:
    """Someone with a key for rules, at an application."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.headers = {**client.key(Scope.ADMIN), "Content-Type": "application/json"}
        self.journal: Journal = client.app.state.context.follower.journal
        self.before = self.journal.last()

    def ask(self, method: str, rule_id: str, **given: Any) -> httpx.Response:
        return self.client.request(method, f"/v1/rules/{quote(rule_id, safe='')}", headers=self.headers, **given)

    def put(self, rule_id: str, rule: Any) -> httpx.Response:
        return self.ask("PUT", rule_id, content=json.dumps(rule))

    def rules(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/v1/rules", headers=self.headers).json()["rules"]
        return found

    def written(self) -> list[Entry]:
        """What the journal says since the key was made."""
        return self.journal.after(self.before)


@pytest.fixture
def desk(trained: Path, tmp_path: Path, clock: list[int]) -> Iterator[Editor]:
    """At an application of one's own on the visible world, at the moment of the clock."""
    with serving(trained, now=lambda: clock[0], state=f"sqlite:///{tmp_path}/state.db") as client:
        yield Editor(client)


def without(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in told.items() if name not in names}


def test_a_rule_is_answered_as_it_is_stored(desk: Editor) -> None:
    stored = desk.put("r1", BAN)
    assert stored.status_code == 200
    assert stored.headers["cache-control"] == "no-store"
    (entry,) = desk.written()
    told = stored.json()
    assert without(told, "seq", "key_id") == {"id": "r1", **BAN, "active": True, "changed_at": "2025-04-01T00:00:00Z"}
    assert (told["seq"], told["key_id"]) == (entry.seq, entry.key_id)
    assert desk.ask("GET", "r1").json() == told
    assert desk.rules() == [told]


def test_rules_are_in_effect_at_the_next_read(desk: Editor) -> None:
    before = ids(ask(desk.client, "water-1"))
    assert "water-2" in before
    desk.put("r1", BAN)
    assert "water-2" not in ids(ask(desk.client, "water-1"))
    desk.put("r1", {"type": "pin", "article_id": "football-1", "source_id": "water-1", "lists": ["related"]})
    assert ids(ask(desk.client, "water-1"))[0] == "football-1"
    desk.ask("DELETE", "r1")
    assert ids(ask(desk.client, "water-1")) == before


def test_a_rule_begins_and_ends_at_its_microsecond(desk: Editor, clock: list[int]) -> None:
    validity = {"from": "2025-04-01T00:00:30.000001Z", "until": "2025-04-01T00:00:30.000003+00:00"}
    assert desk.put("r1", {**BAN, "validity": validity}).json()["active"] is False
    shown = []
    for step in range(5):
        clock[0] = NOW + 30_000_000 + step
        shown.append("water-2" in ids(ask(desk.client, "water-1")))
        assert desk.rules()[0]["active"] is not shown[-1]
    assert shown == [True, False, False, True, True]


def test_writing_twice_is_writing_once(desk: Editor) -> None:
    first, second = desk.put("r1", BAN).json(), desk.put("r1", BAN).json()
    assert {**first, "seq": first["seq"] + 1} == second
    assert desk.rules() == [second]
    assert [desk.ask("DELETE", "r1").status_code for _ in range(2)] == [204, 204]
    assert desk.rules() == []


def test_a_rule_may_go_back_as_it_came(desk: Editor) -> None:
    validity = {"from": "2025-04-01T00:00:00Z", "until": "2025-04-02T00:00:00Z"}
    rule = {"type": "boost", "section": "رياضة", "factor": 2.0, "lists": ["also-like"], "validity": validity}
    told = desk.put("r1", rule).json()
    assert without(desk.put("r1", told).json(), "seq") == without(told, "seq")


def test_every_change_is_in_the_journal_with_its_time_and_its_key(desk: Editor, clock: list[int]) -> None:
    desk.put("r1", BAN)
    clock[0] += 5
    desk.ask("DELETE", "r1")
    desk.put("r1", BAN)
    key_id = desk.ask("GET", "r1").json()["key_id"]
    assert key_id
    assert [(entry.at, entry.kind, entry.subject, entry.key_id) for entry in desk.written()] == [
        (NOW, Kind.RULE, "r1", key_id),
        (NOW + 5, Kind.RULE_DELETION, "r1", key_id),
        (NOW + 5, Kind.RULE, "r1", key_id),
    ]


def test_another_process_follows_and_a_restart_forgets_nothing(trained: Path, tmp_path: Path, desk: Editor) -> None:
    shared = f"sqlite:///{tmp_path}/state.db"
    with serving(trained, now=lambda: NOW, state=shared) as other:
        told = desk.put("r1", BAN).json()
        eventually(lambda: "water-2" not in ids(ask(other, "water-1")))
        assert other.get("/v1/rules/r1", headers=desk.headers).json() == told
    with serving(trained, now=lambda: NOW, state=shared) as again:
        assert again.get("/v1/rules/r1", headers=desk.headers).json() == told
        assert "water-2" not in ids(ask(again, "water-1"))


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/r1"), ("PUT", "/r1"), ("DELETE", "/r1")])
def test_who_may_not_is_told_nothing_and_changes_nothing(desk: Editor, method: str, path: str) -> None:
    desk.put("r1", BAN)
    written = desk.written()
    assert_problem(desk.client.request(method, f"/v1/rules{path}"), 401, "key-required")
    reader = desk.client.key(Scope.WRITE)
    assert_problem(desk.client.request(method, f"/v1/rules{path}", headers=reader), 403, "scope-too-small")
    assert [entry for entry in desk.written() if entry.kind is not Kind.KEY] == written


def test_rules_are_told_by_id(desk: Editor) -> None:
    for rule_id in ("b", "ج", "a"):
        desk.put(rule_id, BAN)
    assert [rule["id"] for rule in desk.rules()] == ["a", "b", "ج"]


@pytest.mark.parametrize("rule_id", ["a/b", "a%2Fb", "حكم 114", "100%", "a?b#c"])
def test_any_id_can_be_written_and_read(desk: Editor, rule_id: str) -> None:
    assert desk.put(rule_id, BAN).json()["id"] == rule_id
    assert desk.ask("GET", rule_id).json()["id"] == rule_id
    desk.ask("DELETE", rule_id)
    assert desk.rules() == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_rules(desk: Editor, example: str) -> None:
    value = EXAMPLES[example]["value"]
    told = desk.put(example, value).json()
    added = {"active", "seq", "changed_at", "key_id"}
    assert {name: each for name, each in told.items() if name not in added} == {"id": example, **value}
    shown = desk.client.get("/openapi.json").json()["paths"]["/v1/rules/{rule_id}"]["put"]["requestBody"]
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
def test_what_is_no_rule_is_refused_by_the_member_at_fault(desk: Editor, rule: Any, at_fault: str | None) -> None:
    problem = assert_problem(desk.put("r1", rule), 422, "invalid-input")
    (error,) = problem["errors"]
    assert error["loc"][:2] == (["body"] if at_fault is None else ["body", at_fault])
    assert error["msg"]
    assert desk.written() == []


def test_an_id_that_is_none_is_refused(desk: Editor) -> None:
    problem = assert_problem(desk.put("a" * 129, BAN), 422, "invalid-input")
    assert problem["errors"][0]["loc"] == ["path", "rule_id"]


def test_an_unknown_rule_is_told(desk: Editor) -> None:
    assert_problem(desk.ask("GET", "nobody"), 404, "rule-not-found")


def test_a_rule_that_is_stored_can_be_read_from_the_journal_alone(desk: Editor) -> None:
    desk.put("r1", BAN)
    (entry,) = desk.written()
    assert Rule.from_json(entry.payload or "").to_record() == {"id": "r1", **BAN}
