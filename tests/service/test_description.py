"""service.description: /openapi.json tells of every route who may ask, what is answered, and all that can go wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from service.app import create_app
from service.codes import CODES
from service.problems import TABLE
from service.scopes import Scope
from service.security import needed
from service.settings import ServiceSettings
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving

PROBLEM = "application/problem+json"
METHODS = {"get", "put", "post", "delete", "patch"}


def described(**settings: Any) -> dict[str, Any]:
    return create_app(ServiceSettings(state="sqlite:///nowhere/state.db", **settings)).openapi()


DOCUMENT = described()
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if method in METHODS
]
each = pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)


def assert_fits(schema: dict[str, Any], example: Any) -> None:
    """Hold an example against a schema of the document."""
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(example)


def examples(content: dict[str, Any]) -> list[Any]:
    return [content["example"]] if "example" in content else [each["value"] for each in content["examples"].values()]


def codes(operation: dict[str, Any], status: int) -> set[str]:
    """The problems of a status that an operation tells of."""
    answer = operation["responses"].get(str(status))
    return set(answer["content"][PROBLEM]["examples"]) if answer else set()


def test_the_document_is_the_one_that_is_served(client: Client) -> None:
    assert client.get("/openapi.json").json() == json.loads(json.dumps(DOCUMENT))


@each
def test_it_says_what_it_is_for_and_what_each_parameter_is(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    parameters = operation.get("parameters", [])
    assert [one["name"] for one in parameters if not one.get("description")] == []
    assert {one["name"] for one in parameters if one["in"] == "path"} == set(re.findall(r"\{(.*?)\}", path))


@each
def test_each_good_answer_has_an_example_that_fits(method: str, path: str, operation: dict[str, Any]) -> None:
    good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    assert good
    for status, answer in good.items():
        assert status == "204" or answer["content"], path
        for content in answer.get("content", {}).values():
            assert examples(content)
            for example in examples(content):
                assert_fits(content["schema"], example)


@each
def test_a_body_has_an_example_that_fits(method: str, path: str, operation: dict[str, Any]) -> None:
    says_all = path.endswith((":activate", ":rollback"))  # the path alone does
    assert ("requestBody" in operation) == (method in {"put", "post", "patch"} and not says_all)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert examples(content)
        for example in examples(content):
            assert_fits(content["schema"], example)


@each
def test_each_error_is_a_problem_with_an_example_of_every_code(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    errors = {int(status): answer for status, answer in operation["responses"].items() if int(status) >= 400}
    assert 500 in errors
    for status, answer in errors.items():
        assert list(answer["content"]) == [PROBLEM]
        assert answer["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
        for code in codes(operation, status):
            problem = answer["content"][PROBLEM]["examples"][code]["value"]
            assert_fits(answer["content"][PROBLEM]["schema"], problem)
            assert (problem["code"], problem["status"]) == (code, status)


@each
def test_it_says_which_key_it_takes(method: str, path: str, operation: dict[str, Any]) -> None:
    scope = needed(method.upper(), re.sub(r"\{.*?\}", "x", path))
    either = [{"bearer": [scope]}, {"key": [scope]}]
    if scope is None:
        assert operation["security"] == []
    else:
        assert operation["security"] == ([{}, *either] if scope is Scope.READ else either)
    assert codes(operation, 401) == ({"key-required", "key-refused"} if scope in {Scope.WRITE, Scope.ADMIN} else set())


def test_where_reading_takes_a_key_it_says_so() -> None:
    operation = described(read_key_required=True)["paths"]["/v1/articles/{article_id}/related"]["get"]
    assert operation["security"] == [{"bearer": ["read"]}, {"key": ["read"]}]
    assert codes(operation, 401) == {"key-required", "key-refused"}
    assert codes(operation, 403) == set()  # every key may read


def test_nothing_tells_of_an_error_in_the_frameworks_own_shape() -> None:
    assert "ValidationError" not in json.dumps(DOCUMENT)
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"bearer", "key"}


def test_every_error_that_has_a_row_has_an_example_of_its_status() -> None:
    assert {row.code: row.status for row in TABLE.values()}.items() <= {
        code: told.status for code, told in CODES.items()
    }.items()


# what goes wrong in a request that would be good otherwise
@pytest.fixture(scope="module")
def strict(trained: Path) -> Iterator[Client]:
    """An application that takes small bodies only."""
    with serving(trained, body_bytes=1000, json_depth=8) as client:
        yield client


def ask(client: Client, method: str, path: str, **given: Any) -> httpx.Response:
    headers = {**client.key(Scope.ADMIN), **given.pop("headers", {})}
    url = path.replace("{name}", "latest")
    return client.request(method.upper(), re.sub(r"\{.*?\}", "nobody", url), headers=headers, **given)


def assert_told(operation: dict[str, Any], response: httpx.Response) -> None:
    """Check that an answer is one that the document tells of."""
    assert str(response.status_code) in operation["responses"], response.text
    if response.status_code >= 400:
        code = response.json()["code"]
        assert_problem(response, response.status_code, code)
        assert code in codes(operation, response.status_code)


@each
def test_what_goes_wrong_is_told(strict: Client, method: str, path: str, operation: dict[str, Any]) -> None:
    assert_told(operation, strict.request(method.upper(), re.sub(r"\{.*?\}", "latest", path)))
    assert_told(operation, ask(strict, method, path))
    assert_told(operation, ask(strict, method, path, params={"limit": 99, "as_of": "then"}))
    assert_told(operation, ask(strict, method, path, headers={"Authorization": "Bearer x"}))
    for body in (b"{", b"[]", b'{"title": 1}', b"x" * 1001, b"[" * 9 + b"]" * 9):
        assert_told(operation, ask(strict, method, path, content=body))


@each
def test_a_service_that_has_nothing_to_answer_from_is_told(
    tmp_path: Path, method: str, path: str, operation: dict[str, Any]
) -> None:
    body = operation.get("requestBody", {}).get("content", {})
    content = [json.dumps(examples(each)[0]).encode() for each in body.values()]
    with serving(tmp_path / "artifacts") as nothing:
        response = ask(nothing, method, path, content=content[0] if content else None)
    assert_told(operation, response)
    if "nothing-published" in codes(operation, 503):
        assert_problem(response, 503, "nothing-published")


def test_every_code_is_told_by_some_route_or_is_no_routes_own() -> None:
    told = {
        code for *_, operation in OPERATIONS for status in operation["responses"] for code in _any(operation, status)
    }
    assert set(CODES) - told == {"bad-query", "key-not-found"}


def _any(operation: dict[str, Any], status: str) -> set[str]:
    return codes(operation, int(status)) if int(status) >= 400 else set()
