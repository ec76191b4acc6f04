"""service.problems: every error is application/problem+json of one shape, and never tells how the code looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import ModelError, NothingPublished, QueryError, SilahError, VersionNotFound
from service.app import create_app
from service.scopes import Scope
from service.settings import ServiceSettings
from tests.support.problems import assert_problem
from tests.support.serving import Client, asking

SECRET = "the password of the database is hunter2"


class Unforeseen(Exception):
    """An error that the table does not know."""


@pytest.fixture
def failing(trained: Path) -> Iterator[Client]:
    """The application with routes that raise what its own routes may come to raise."""
    app = create_app(ServiceSettings(artifacts=trained))
    raised: dict[str, Exception] = {
        "unforeseen": Unforeseen(SECRET),
        "query": QueryError("limit is 99; it goes from 1 to 50"),
        "version": VersionNotFound("v9"),
        "model": ModelError("model version 'v9' refused: idf.npy is missing"),
        "nothing": NothingPublished("no model is published yet: run `silah train`"),
        "other": SilahError("something that has no row of its own"),
    }

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise raised[name]

    with asking(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/", "/v1/articles%2Fx", "/demo/nowhere", "/v2/articles/a"])
def test_an_unknown_path_is_404(client: Client, path: str) -> None:
    problem = assert_problem(client.get(path), 404, "not-found")
    assert problem["title"] == "Not Found"


def test_an_unknown_article_is_404(client: Client) -> None:
    problem = assert_problem(client.get("/v1/articles/nobody/related"), 404, "article-not-found")
    assert "nobody" in problem["detail"]


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/health/live", "/v1/models", "/demo", "/v1/lists/latest"])
def test_a_method_that_a_path_does_not_have_is_405(client: Client, method: str, path: str) -> None:
    response = client.request(method, path, headers=client.key(Scope.ADMIN))
    problem = assert_problem(response, 405, "method-not-allowed")
    assert method in problem["detail"]
    assert "GET" in response.headers["allow"]


def test_bad_input_is_422_and_names_each_place(client: Client) -> None:
    response = client.get("/v1/articles/football-1/related?limit=0&min_score=nan&as_of=yesterday")
    problem = assert_problem(response, 422, "invalid-input")
    assert {tuple(error["loc"]) for error in problem["errors"]} == {
        ("query", "limit"),
        ("query", "as_of"),
        ("query", "min_score"),
    }
    assert "query.limit" in problem["detail"]


def test_bad_input_is_told_even_of_an_article_that_is_not_there(client: Client) -> None:
    assert_problem(client.get("/v1/articles/nobody/related?limit=51"), 422, "invalid-input")


def test_an_unforeseen_error_is_500_and_keeps_its_secrets(failing: Client) -> None:
    response = failing.get("/raise/unforeseen")
    assert_problem(response, 500, "internal-error")
    assert SECRET not in response.text
    assert "Unforeseen" not in response.text


def test_an_error_without_a_row_is_500(failing: Client) -> None:
    assert_problem(failing.get("/raise/other"), 500, "internal-error")


def test_the_service_goes_on_after_an_unforeseen_error(failing: Client) -> None:
    failing.get("/raise/unforeseen")
    assert failing.get("/v1/articles/football-1/related").status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "code", "retry_after"),
    [
        ("query", 422, "bad-query", None),
        ("version", 404, "version-not-found", None),
        ("model", 503, "model-refused", "30"),
        ("nothing", 503, "nothing-published", "5"),
    ],
)
def test_known_errors_have_a_row_each(
    failing: Client, name: str, status: int, code: str, retry_after: str | None
) -> None:
    response = failing.get(f"/raise/{name}")
    assert_problem(response, status, code)
    assert response.headers.get("retry-after") == retry_after


@pytest.mark.parametrize(
    "path", ["/v1/articles/a", "/v1/articles/a/related", "/v1/articles/a/also-like", "/health/ready", "/demo"]
)
def test_nothing_published_is_503_and_says_what_to_run(nothing: Client, path: str) -> None:
    response = nothing.get(path)
    problem = assert_problem(response, 503, "nothing-published")
    assert "silah train" in problem["detail"]
    assert int(response.headers["retry-after"]) > 0


def test_the_request_id_of_the_caller_stands_in_the_problem(failing: Client) -> None:
    for path in ("/nowhere", "/raise/unforeseen", "/raise/model", "/v1/articles/a/related?limit=x"):
        assert failing.get(path, headers={"X-Request-ID": "call-7"}).json()["request_id"] == "call-7"


def test_the_schema_of_the_api_tells_of_problems_and_not_of_another_shape(client: Client) -> None:
    schema = client.get("/openapi.json").json()
    related = schema["paths"]["/v1/articles/{article_id}/related"]["get"]["responses"]
    for status in ("404", "422", "503"):
        assert set(related[status]["content"]) >= {"application/problem+json"}
    assert "HTTPValidationError" not in schema["components"]["schemas"]
