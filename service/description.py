"""Description: what /openapi.json says beside what routes say of themselves: who may ask, and what layers refuse.

Who may ask is read from the table of :mod:`service.security`; what the layers in front of the routes refuse is
told of every route that they stand before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from service.bodies import STREAMING
from service.examples import ANSWERS
from service.problems import MEDIA_TYPE, Problem, add_example
from service.scopes import Scope
from service.security import READING, needed

SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer KEY`; `silah keys create`",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "the same key in another header"},
}


def describe(document: dict[str, Any], *, reading_is_open: bool) -> None:
    """Say in an OpenAPI document of each operation who may ask, with an example of every answer there is."""
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = components.setdefault("schemas", {})
    schemas.update({**schema.pop("$defs"), "Problem": schema})
    for frameworks_own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(frameworks_own, None)
    for path, methods in document["paths"].items():
        for name, operation in methods.items():
            method = name.upper()
            scope = needed(method, re.sub(r"\{.*?\}", "x", path))
            is_open = scope is None or (scope is Scope.READ and reading_is_open)
            operation["security"] = [] if scope is None else _security(scope, is_open)
            answers = operation["responses"]
            if MEDIA_TYPE not in answers.get("422", {}).get("content", {}):
                answers.pop("422", None)  # of the framework, for every parameter, in a shape that is never answered
            if (method, path) in ANSWERS:
                for content in [each for answer in answers.values() for each in answer.get("content", {}).values()]:
                    if "examples" not in content:
                        content["example"] = ANSWERS[method, path]
            for code in _refusals(method, path, scope, is_open):
                add_example(answers, code)
            operation["responses"] = dict(sorted(answers.items()))


def _security(scope: Scope, is_open: bool) -> list[dict[str, list[str]]]:
    """Either of the two headers, with the scope that its key must have (OpenAPI 3.1, 4.8.30); none where it is open."""
    either: list[dict[str, list[str]]] = [{name: [str(scope)]} for name in SCHEMES]
    return [{}, *either] if is_open else either


def _refusals(method: str, path: str, scope: Scope | None, is_open: bool) -> Iterator[str]:
    """The problems that an operation may come to be answered with before its route is asked, or behind its back."""
    yield "internal-error"
    if not is_open:
        yield from ("key-required", "key-refused", "state-unavailable")
        if scope is not Scope.READ:
            yield "scope-too-small"
        if method not in READING:
            yield "too-many-requests"
    if method not in READING and path not in STREAMING:
        yield from ("body-too-large", "nested-too-deep")
