"""Drafts: what is related to a text that is not published yet, and what says the same already: POST /v1/related."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.answers import ListName
from models.article import format_time, from_microseconds
from models.drafting import DRAFT, drafted
from models.recommenders import DEFAULT_RELATED, filled, related_news
from service.dependencies import Context, InContext, InSnapshot
from service.incoming import article_of, body, object_of, record_schema, refuse
from service.listing import FALLBACKS, Listing, written
from service.problems import responses
from service.schemas import DraftAnswer, ListParameters
from service.snapshot import Snapshot

router = APIRouter(prefix="/v1/related", tags=["drafts"])

PROBLEMS = responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
EXAMPLE = {
    "title": "النوارس يستعد لنهائي كأس المدينة",
    "body": "يستعد فريق النوارس لنهائي كأس المدينة في ملعب الميناء.",
    "section": "رياضة",
    "limit": 5,
}


def _schema() -> dict[str, Any]:
    schema = record_schema("title")
    of_lists = ListParameters.model_json_schema()["properties"]
    return {**schema, "properties": {**schema["properties"], **{name: of_lists[name] for name in ("limit", "explain")}}}


@router.post("", response_model=DraftAnswer, responses=PROBLEMS, openapi_extra=body(_schema(), EXAMPLE))
async def related(
    request: Request, parameters: Annotated[ListParameters, Query()], context: InContext, snapshot: InSnapshot
) -> Response:
    """«أخبار ذات صلة» of a draft, by the same rules; nothing of it is kept. ``duplicates`` say the same already.

    The body is an article record, its id optional: that of a published article leaves this one out. `limit` and
    `explain` may stand in the body or in the query. A draft without a time is as of now.
    """
    record = object_of(await request.body())
    asked: dict[str, Any] = {name: record.pop(name) for name in ("limit", "explain") if name in record}
    for name, value in asked.items():
        fits = isinstance(value, bool) if name == "explain" else type(value) is int and 1 <= value <= 50
        if not fits:
            raise refuse(name, "goes from 1 to 50" if name == "limit" else "is true or false")
    parameters = parameters.model_copy(update=asked)
    answer = await asyncio.to_thread(_answer, record, parameters, context, snapshot)
    return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})


def _answer(record: dict[str, Any], parameters: ListParameters, context: Context, snapshot: Snapshot) -> bytes:
    now = context.now()
    query = parameters.query(now, DEFAULT_RELATED)
    given = {"id": DRAFT, "published_at": format_time(from_microseconds(query.as_of))}
    draft = drafted(
        snapshot.index, article_of({**given, **{key: one for key, one in record.items() if one is not None}})
    )
    recommender = replace(snapshot.model.recommender, index=draft.index)
    chosen = related_news(recommender, draft.row, query)
    found, reason = len(chosen), FALLBACKS.get(parameters.fallback)
    if reason is not None and found < query.limit:
        edits = recommender.edits("related", draft.row, query)
        chosen = filled(recommender, chosen, query, draft.row, reason, (), edits)
    beside = replace(snapshot, model=replace(snapshot.model, recommender=recommender), cards={})
    listing = Listing(ListName.RELATED, None, draft.row, query, parameters.explain)
    return written(beside, listing, chosen, found, parameters, draft.duplicates(query.as_of))
