"""Problems: the one table that turns errors into RFC 9457 ``application/problem+json``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from models.errors import (
    ArticleNotFound,
    FolderNotWritable,
    KeyNotFound,
    ModelError,
    NoEarlierVersion,
    NothingPublished,
    QueryError,
    RuleNotFound,
    SilahError,
    StateError,
    VersionNotFound,
)
from service.codes import CODES, example

log = logging.getLogger("silah.problems")

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One thing that is wrong with the input."""

    loc: list[str | int] = Field(description="where: query, path or body, then the name")
    msg: str


class Problem(BaseModel):
    """Every error has this shape."""

    type: str = Field(examples=["urn:silah:problem:article-not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no article with id '42'"])
    code: str = Field(examples=["article-not-found"])
    request_id: str
    errors: list[FieldError] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """How an error is told."""

    status: HTTPStatus
    code: str
    headers: Mapping[str, str] | None = None


TABLE: Mapping[type[SilahError], Row] = {
    ArticleNotFound: Row(HTTPStatus.NOT_FOUND, "article-not-found"),
    KeyNotFound: Row(HTTPStatus.NOT_FOUND, "key-not-found"),
    VersionNotFound: Row(HTTPStatus.NOT_FOUND, "version-not-found"),
    RuleNotFound: Row(HTTPStatus.NOT_FOUND, "rule-not-found"),
    QueryError: Row(HTTPStatus.UNPROCESSABLE_ENTITY, "bad-query"),
    NoEarlierVersion: Row(HTTPStatus.CONFLICT, "no-earlier-version"),
    FolderNotWritable: Row(HTTPStatus.SERVICE_UNAVAILABLE, "folder-not-writable"),
    NothingPublished: Row(HTTPStatus.SERVICE_UNAVAILABLE, "nothing-published", {"Retry-After": "5"}),
    StateError: Row(HTTPStatus.SERVICE_UNAVAILABLE, "state-unavailable", {"Retry-After": "5"}),
    ModelError: Row(HTTPStatus.SERVICE_UNAVAILABLE, "model-refused", {"Retry-After": "30"}),
}


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""
    for kind in TABLE:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldError] | None = None,
) -> JSONResponse:
    """A problem as a response."""
    request_id = request.scope.get("request_id", "")
    body = Problem(
        type=f"urn:silah:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=request_id,
        errors=None if errors is None else list(errors),
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """A known error as a response."""
    row = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    return problem(request, row.status, row.code, str(error), row.headers)


async def _known(request: Request, error: Exception) -> JSONResponse:
    return problem_of(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    return problem(request, error.status_code, code, detail, headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [FieldError(loc=list(item["loc"]), msg=item["msg"]) for item in error.errors()]
    detail = "; ".join(f"{'.'.join(map(str, item.loc))}: {item.msg}" for item in errors)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, errors=errors)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error", exc_info=error, extra={"request_id": request.scope.get("request_id", "")})
    return problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "something went wrong here; it was logged"
    )


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems that a route may answer with, by their codes, with an example of each."""
    answers: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        add_example(answers, code)
    return answers


def add_example(answers: dict[int | str, dict[str, Any]], code: str) -> None:
    """Say among the answers of OpenAPI that there may be this problem."""
    status = CODES[code].status
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}
    told = answers.setdefault(str(int(status)), {"description": status.phrase, "content": content})
    told["content"][MEDIA_TYPE]["examples"][code] = {"value": example(code)}
