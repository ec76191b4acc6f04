"""Many articles at once: POST /v1/articles:bulk, GET /v1/articles:export."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from service import bulk
from service.codes import NOT_READY
from service.dependencies import InContext, InSnapshot
from service.incoming import RECORD, body, record_schema
from service.journal import Change, Entry
from service.problems import responses

router = APIRouter(prefix="/v1", tags=["articles"])

NDJSON = "application/x-ndjson"
PROBLEMS = responses(*NOT_READY)
_NO_STORE = {"Cache-Control": "no-store"}


def _lines(description: str) -> dict[int | str, dict[str, object]]:
    return {200: {"description": description, "content": {NDJSON: {"schema": {"type": "string"}}}}}


@router.post(
    "/articles:bulk",
    response_class=StreamingResponse,
    responses={**PROBLEMS, **_lines("One result a line, in the order of the lines.")},
    openapi_extra=body(record_schema("id", "title"), RECORD, NDJSON),
)
async def take(request: Request, context: InContext) -> StreamingResponse:
    """Article records come, one JSON object a line; `{"id": …, "deleted": true}` takes one away.

    A line that is no record keeps out itself alone. What was taken is durable and in effect as with single ones;
    when the request breaks off, what was read so far stays, and the same lines may be sent again.
    """
    key_id = request.scope.get("key_id")

    async def write(changes: Sequence[Change]) -> list[Entry]:
        return await context.writer.write(changes, key_id)

    results = await bulk.taken(
        request.stream(), context.settings.line_bytes, lambda: context.follower.holder.take().index, write
    )
    return StreamingResponse(bulk.pieces(results), media_type=NDJSON, headers=_NO_STORE)


@router.get(
    "/articles:export",
    response_class=StreamingResponse,
    responses={**PROBLEMS, **_lines("One article record a line, newest first.")},
)
async def export(snapshot: InSnapshot) -> StreamingResponse:
    """All articles as they are known now, trained or come since: what a training may read again."""
    return StreamingResponse(bulk.exported(snapshot.index), media_type=NDJSON, headers=_NO_STORE)
