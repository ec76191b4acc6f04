"""Incoming: bodies that are article records, read as a training reads them, and what OpenAPI says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter

from models.article import FIELDS, Article
from models.errors import RecordError

_MEMBERS = {"missing_id": "id", "bad_id": "id", "blank_title": "title"}

RECORD = {
    "id": "98",
    "title": "النوارس يبلغ نهائي كأس المدينة",
    "body": "بلغ فريق النوارس نهائي كأس المدينة بعد فوزه على الصقور بهدفين.",
    "section": "رياضة",
    "published_at": "2026-11-23T09:30:00Z",
    "url": "https://example.com/98",
    "tags": ["كأس المدينة"],
}


def record_schema(*required: str) -> dict[str, Any]:
    """An article record as JSON schema, with the members that must be there."""
    schema = TypeAdapter(Article).json_schema()
    return {"type": "object", "properties": schema["properties"], "required": list(required)}


def body(schema: Mapping[str, Any], example: Any, media_type: str = "application/json") -> dict[str, Any]:
    """A request body as OpenAPI shows it."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, "example": example}}}}


ARTICLE = body(record_schema("title"), {name: value for name, value in RECORD.items() if name != "id"})
PATCH = body(record_schema(), {"title": "النوارس بطل كأس المدينة", "expires_at": None}, "application/merge-patch+json")


def object_of(data: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        RequestValidationError: it is none.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([{"loc": ("body",), "msg": f"no JSON: {error}"}]) from error
    if not isinstance(value, dict):
        raise RequestValidationError([{"loc": ("body",), "msg": "no JSON object"}])
    return value


def article_of(record: Mapping[str, Any]) -> Article:
    """The article of a record.

    Raises:
        RequestValidationError: it is none; names the member.
    """
    try:
        return Article.from_record(record)
    except RecordError as error:
        member = _MEMBERS.get(error.reason) or next((name for name in FIELDS if str(error).startswith(name)), None)
        where = ("body",) if member is None else ("body", member)
        raise RequestValidationError([{"loc": where, "msg": str(error)}]) from error


def refuse(member: str, message: str) -> RequestValidationError:
    """The error of a member of a body."""
    return RequestValidationError([{"loc": ("body", member), "msg": f"{member} {message}"}])
