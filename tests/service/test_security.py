"""service.security: closed by default; who may ask is decided before anything answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from service.app import create_app
from service.scopes import Scope
from service.security import READING, Rates, named, needed
from service.settings import ServiceSettings
from tests.support.problems import assert_problem
from tests.support.serving import Client, asking, eventually, serving

LIST = "/v1/articles/football-1/related"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
OPEN = {"/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}


@pytest.fixture
def guarded(trained: Path) -> Iterator[Client]:
    """An application whose lists take a key."""
    with serving(trained, read_key_required=True, writes_per_second=0) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/articles/a/related", Scope.READ),
        ("HEAD", "/v1/articles/a", Scope.READ),
        ("GET", "/v1/lists/latest", Scope.READ),
        ("POST", "/v1/related", Scope.READ),
        ("GET", "/demo", Scope.READ),
        ("GET", "/nowhere", Scope.READ),
        ("PUT", "/v1/articles/a/b", Scope.WRITE),
        ("PATCH", "/v1/articles/a", Scope.WRITE),
        ("DELETE", "/v1/articles/a", Scope.WRITE),
        ("POST", "/v1/articles:bulk", Scope.WRITE),
        ("GET", "/v1/articles:export", Scope.WRITE),
        ("POST", "/v1/events", Scope.WRITE),
        ("GET", "/v1/rules", Scope.ADMIN),
        ("PUT", "/v1/rules/pin-1", Scope.ADMIN),
        ("DELETE", "/v1/rules/pin-1", Scope.ADMIN),
        ("GET", "/v1/models", Scope.ADMIN),
        ("HEAD", "/v1/models", Scope.ADMIN),
        ("POST", "/v1/models/v1:activate", Scope.ADMIN),
        ("POST", "/v1/models:rollback", Scope.ADMIN),
        ("GET", "/v1/keys", Scope.ADMIN),
        ("POST", "/v1/articles/a/related", Scope.ADMIN),
        ("POST", "/health/live", Scope.ADMIN),
        ("TRACE", "/demo", Scope.ADMIN),
        ("OPTIONS", "/v1/articles/a", Scope.ADMIN),
        ("put", "/v1/articles/a", Scope.ADMIN),
        *(("GET", path, None) for path in sorted(OPEN)),
    ],
)
def test_the_table_says_what_a_request_needs(method: str, path: str, scope: Scope | None) -> None:
    assert needed(method, path) == scope


@given(st.text(max_size=12), st.text(max_size=30).map("/".__add__))
def test_what_the_table_does_not_name_takes_an_admin_unless_it_reads(method: str, path: str) -> None:
    if not named(method, path):
        assert needed(method, path) == (Scope.READ if method in READING else Scope.ADMIN)


def test_every_route_of_the_application_is_named_in_the_table(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    told = [(method.upper(), re.sub(r"\{.*?\}", "x", path)) for path, methods in paths.items() for method in methods]
    assert ("GET", "/v1/articles/x/related") in told
    assert [one for one in told if not named(*one)] == []


def test_without_a_key_no_path_of_the_api_but_those_that_read_answers(client: Client) -> None:
    schema = client.get("/openapi.json").json()
    reads = []
    for path in schema["paths"]:
        for method in METHODS:
            response = client.request(method, re.sub(r"\{.*?\}", "football-1", path), json={})
            if method in READING and not re.match(r"/v1/(models|rules|keys|articles:)", path):
                reads.append(path)
                assert response.status_code not in {401, 403}, (method, path)
            elif (method, path) != ("POST", "/v1/related"):
                assert response.status_code == 401, (method, path)
                assert response.headers["www-authenticate"] == 'Bearer realm="silah"'
    assert "/v1/articles/{article_id}/related" in reads


def test_without_a_key_it_is_401_and_says_what_to_send(client: Client) -> None:
    problem = assert_problem(client.get("/v1/models"), 401, "key-required")
    assert "X-API-Key" in problem["detail"]
    assert_problem(
        client.request("PUT", "/v1/articles/a", headers={"Authorization": "Basic YTpi"}), 401, "key-required"
    )


def test_what_is_no_key_is_401(client: Client) -> None:
    response = client.get("/v1/models", headers={"X-API-Key": "silah_12345678_" + "A" * 43})
    assert_problem(response, 401, "key-refused")
    assert "invalid_token" in response.headers["www-authenticate"]


def test_a_scope_too_small_is_403(client: Client) -> None:
    for scope in (Scope.READ, Scope.WRITE):
        response = client.get("/v1/models", headers=client.key(scope))
        problem = assert_problem(response, 403, "scope-too-small")
        assert f"this one has {scope}" in problem["detail"]
        assert "insufficient_scope" in response.headers["www-authenticate"]
    assert client.get("/v1/models", headers=client.key(Scope.ADMIN)).status_code == 200


def test_a_key_may_come_in_either_header(client: Client) -> None:
    key = client.key(Scope.ADMIN)["Authorization"].removeprefix("Bearer ")
    for headers in (
        {"Authorization": f"bearer {key}"},
        {"X-API-Key": key},
        {"Authorization": "Basic YTpi", "X-API-Key": key},
        {"Authorization": "Bearer", "X-API-Key": key},
    ):
        assert client.get("/v1/models", headers=headers).status_code == 200
    assert client.get("/v1/models", headers={"Authorization": "Bearer x", "X-API-Key": key}).status_code == 401


def test_lists_may_take_a_key_too_and_then_no_cache_between_keeps_them(guarded: Client) -> None:
    key = guarded.key(Scope.READ)
    for path in (LIST, "/v1/articles/football-1", "/demo", "/nowhere"):
        assert_problem(guarded.get(path), 401, "key-required")
    for _ in range(2):  # the second is kept
        response = guarded.get(LIST, headers=key)
        assert response.status_code == 200
        assert response.headers["cache-control"].startswith("private, ")
        assert_problem(guarded.get(LIST), 401, "key-required")
    for path in sorted(OPEN):
        assert guarded.get(path).status_code in {200, 404}, path


def test_a_revoked_key_is_refused_within_a_second_by_another_process_too(trained: Path, state: str) -> None:
    with serving(trained, state=state) as one, serving(trained, state=state) as other:
        headers = one.key(Scope.ADMIN)
        assert one.get("/v1/models", headers=headers).status_code == 200
        assert other.get("/v1/models", headers=headers).status_code == 200
        key_id = headers["Authorization"].split("_")[1]
        one.app.state.context.keys.revoke(key_id, 0)
        for client in (one, other):
            assert eventually(lambda client=client: client.get("/v1/models", headers=headers).status_code == 401)


def test_a_key_that_cannot_be_looked_up_is_503(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with serving(trained, state=f"sqlite:///{tmp_path / 'file' / 'state.db'}") as client:
        headers = {"X-API-Key": "silah_12345678_" + "A" * 43}
        response = client.get("/v1/models", headers=headers)
        assert_problem(response, 503, "state-unavailable")
        assert response.headers["retry-after"] == "5"
        assert_problem(client.get("/v1/models"), 401, "key-required")


def test_the_request_names_the_key_it_carried(trained: Path, tmp_path: Path) -> None:
    app = create_app(ServiceSettings(artifacts=trained, state=f"sqlite:///{tmp_path / 'state.db'}"))

    async def tell(request: Request) -> Any:
        return request.scope.get("key_id")

    app.put("/told")(tell)
    app.get("/told")(tell)
    with asking(app) as client:
        headers = client.key(Scope.ADMIN)
        assert client.request("PUT", "/told", headers=headers).json() == headers["Authorization"].split("_")[1]
        assert client.get("/told", headers=headers).json() is None  # nobody looked


def test_no_key_is_logged(fresh: Client, lines: Callable[[], list[dict[str, Any]]]) -> None:
    headers = fresh.key(Scope.WRITE)
    fresh.get("/v1/models", headers=headers)
    fresh.request("PUT", "/v1/articles/a", headers={"X-API-Key": headers["Authorization"].split()[1]})
    assert [line["status"] for line in lines()] == [403, 422]
    assert headers["Authorization"].split("_", 2)[2] not in json.dumps(lines())


def test_a_key_that_writes_too_fast_is_told_when_to_come_back(trained: Path) -> None:
    with serving(trained, writes_per_second=0.001) as client:
        slow, other = client.key(Scope.ADMIN), client.key(Scope.ADMIN)
        assert_problem(client.request("PUT", "/v1/nothing", headers=slow), 404, "not-found")
        response = client.request("PUT", "/v1/nothing", headers=slow)
        assert_problem(response, 429, "too-many-requests")
        assert 900 < int(response.headers["retry-after"]) <= 1000
        assert_problem(client.request("PUT", "/v1/nothing", headers=other), 404, "not-found")
        for _ in range(3):
            assert client.get("/v1/models", headers=slow).status_code == 200


def test_a_bucket_lets_through_what_flows_in_and_some_seconds_at_once() -> None:
    now = 0.0
    rates = Rates(10, burst=2, clock=lambda: now)
    assert [rates.wait("a") for _ in range(21)] == [0.0] * 20 + [pytest.approx(0.1)]
    assert rates.wait("b") == 0
    now = 0.25
    assert [bool(rates.wait("a")) for _ in range(3)] == [False, False, True]
    now = 1000
    assert [bool(rates.wait("a")) for _ in range(21)] == [False] * 20 + [True]


def test_a_rate_of_nothing_limits_nothing() -> None:
    rates = Rates(0)
    assert not any(rates.wait("a") for _ in range(1000))


def test_kept_answers_are_given_to_readers_when_the_database_is_gone(trained: Path, state: str) -> None:
    with serving(trained, state=state) as client:
        before = client.get(LIST, params={"as_of": "2025-03-20"}).content
        with client.app.state.context.journal.database.writing() as connection:
            connection.execute(text("DROP TABLE keys"))
        assert client.get(LIST, params={"as_of": "2025-03-20"}).content == before
