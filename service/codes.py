"""Codes: every problem there is by its code, with its status and an example of its detail."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple


class Told(NamedTuple):
    """How a problem is told."""

    status: HTTPStatus
    detail: str


CODES: Mapping[str, Told] = {
    "key-required": Told(
        HTTPStatus.UNAUTHORIZED, "this takes a key of scope write: Authorization: Bearer KEY, or X-API-Key: KEY"
    ),
    "key-refused": Told(HTTPStatus.UNAUTHORIZED, "no such key, or it was revoked"),
    "scope-too-small": Told(HTTPStatus.FORBIDDEN, "this takes a key of scope admin; this one has write"),
    "article-not-found": Told(HTTPStatus.NOT_FOUND, "no article with id '42'"),
    "key-not-found": Told(HTTPStatus.NOT_FOUND, "no key with id '1a2b3c4d'"),
    "rule-not-found": Told(HTTPStatus.NOT_FOUND, "no rule with id 'pin-42'"),
    "version-not-found": Told(HTTPStatus.NOT_FOUND, "no model version 'v42'"),
    "no-earlier-version": Told(HTTPStatus.CONFLICT, "no version was in service before the present one"),
    "version-refused": Told(
        HTTPStatus.CONFLICT, "model version 'v42' refused: idf.npy is missing; what is in service stays"
    ),
    "body-too-large": Told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "a body has 2097152 bytes at most"),
    "bad-query": Told(HTTPStatus.UNPROCESSABLE_ENTITY, "limit is 99; it goes from 1 to 50"),
    "invalid-input": Told(HTTPStatus.UNPROCESSABLE_ENTITY, "query.limit: Input should be less than or equal to 50"),
    "nested-too-deep": Told(HTTPStatus.UNPROCESSABLE_ENTITY, "JSON stands at most 16 deep in one another here"),
    "too-many-requests": Told(
        HTTPStatus.TOO_MANY_REQUESTS,
        "this key asks faster than it may; many articles go into one request: POST /v1/articles:bulk",
    ),
    "internal-error": Told(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; it was logged"),
    "nothing-published": Told(HTTPStatus.SERVICE_UNAVAILABLE, "no model is published yet: run `silah train`"),
    "model-refused": Told(HTTPStatus.SERVICE_UNAVAILABLE, "model version 'v42' refused: idf.npy is missing"),
    "folder-not-writable": Told(HTTPStatus.SERVICE_UNAVAILABLE, "cannot write the folder of the versions"),
    "state-unavailable": Told(HTTPStatus.SERVICE_UNAVAILABLE, "the state cannot be used: the database does not answer"),
}
NOT_READY = ("nothing-published", "model-refused", "state-unavailable")  # what may be wrong with the snapshot

_ERRORS = [{"loc": ["query", "limit"], "msg": "Input should be less than or equal to 50"}]


def example(code: str) -> dict[str, object]:
    """A problem of a code, as it might be answered."""
    status, detail = CODES[code]
    problem: dict[str, object] = {
        "type": f"urn:silah:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        "request_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    }
    return {**problem, "errors": _ERRORS} if code == "invalid-input" else problem
