"""Events: what readers did, /v1/events."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from models.interaction import to_payload
from service.dependencies import Context, InContext
from service.intake import BATCH, EventsTaken, Taken, take
from service.journal import Change, Kind
from service.problems import responses

router = APIRouter(prefix="/v1/events", tags=["events"])

PROBLEMS = responses("invalid-input", "state-unavailable")

EXAMPLE = {
    "events": [
        {
            "type": "click",
            "article_id": "98",
            "source_id": "123",
            "request_id": "5f0c8e6b1d2a4c3e9f708192",
            "position": 1,
            "reader": "r-7d1f",
            "at": "2026-11-23T10:00:00Z",
        },
        {"type": "read", "article_id": "98", "reader": "r-7d1f"},
    ]
}


def _body() -> dict[str, Any]:
    """The body as OpenAPI shows it; it is read faster than FastAPI would, event by event."""
    schema = BATCH.json_schema()
    schema["properties"]["events"]["items"] = schema.pop("$defs")["Event"]
    return {"required": True, "content": {"application/json": {"schema": schema, "example": EXAMPLE}}}


@router.post(
    "", status_code=202, response_model=EventsTaken, responses=PROBLEMS, openapi_extra={"requestBody": _body()}
)
async def events(request: Request, context: InContext) -> Response:
    """Take note of what readers did; what is wrong with an event keeps out that event alone.

    Those that were taken are durable when this is answered. Send many in one request: 500 are a good number.
    """
    taken, payload = await asyncio.to_thread(_taken, await request.body(), context)
    if taken.interactions:
        await context.writer.write([Change(Kind.EVENTS, "", payload)], request.scope.get("key_id"))
    return JSONResponse(taken.answer(), HTTPStatus.ACCEPTED, headers={"Cache-Control": "no-store"})


def _taken(body: bytes, context: Context) -> tuple[Taken, str]:
    now, settings = context.now(), context.settings
    taken = take(body, settings.events_together, now, settings.reading_rules, context.pseudonyms.at(now))
    return taken, to_payload(taken.interactions)
