"""Drafts: what is related to a text that is not published yet, and what says the same already: POST /v1/related."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from models.answers import ListName
from models.article import Article, format_time, from_microseconds
from models.candidates import MAX_LIMIT
from models.drafting import DRAFT, drafted
from models.recommenders import DEFAULT_RELATED, filled, related_news
from service.codes import NOT_READY
from service.deadline import Deadline
from service.dependencies import Context, InContext, InSnapshot
from service.incoming import article_of, body, object_of, record_schema, refuse
from service.listing import FALLBACKS, Listing, is_degraded, written
from service.problems import responses
from service.schemas import DraftAnswer, ListParameters
from service.snapshot import Snapshot

router = APIRouter(prefix="/v1/related", tags=["drafts"])

PROBLEMS = responses("invalid-input", *NOT_READY)
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
        fits = isinstance(value, bool) if name == "explain" else type(value) is int and 1 <= value <= MAX_LIMIT
        if not fits:
            raise refuse(name, f"goes from 1 to {MAX_LIMIT}" if name == "limit" else "is true or false")
    parameters = parameters.model_copy(update=asked)
    article = _article(record, parameters, context)
    deadline = Deadline(context.settings.deadline_seconds)
    made = asyncio.to_thread(_answer, article, parameters, context, snapshot, deadline)
    try:
        answer = await asyncio.wait_for(made, deadline.left)
    except TimeoutError:
        query = parameters.query(context.now(), DEFAULT_RELATED)
        listing = Listing(ListName.RELATED, None, None, query)
        answer = written(snapshot, listing, [], 0, parameters, [], degraded=True)
    return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})


def _article(record: dict[str, Any], parameters: ListParameters, context: Context) -> Article:
    as_of = parameters.query(context.now(), DEFAULT_RELATED).as_of
    absent = {"id": DRAFT, "published_at": format_time(from_microseconds(as_of))}
    return article_of({**absent, **{name: value for name, value in record.items() if value is not None}})


def _answer(
    article: Article, parameters: ListParameters, context: Context, snapshot: Snapshot, deadline: Deadline
) -> bytes:
    query = deadline.holds(parameters.query(context.now(), DEFAULT_RELATED))
    draft = drafted(snapshot.index, article)
    recommender = replace(snapshot.model.recommender, index=draft.index)
    chosen = related_news(recommender, draft.row, query)
    found, reason = len(chosen), FALLBACKS.get(parameters.fallback)
    edits = recommender.edits(ListName.RELATED, draft.row, query)
    if reason is not None and found < query.limit:
        chosen = filled(recommender, chosen, query, draft.row, reason, (), edits)
    beside = replace(snapshot, model=replace(snapshot.model, recommender=recommender), cards={})
    listing = Listing(ListName.RELATED, None, draft.row, query, parameters.explain)
    same = draft.duplicates(query.as_of, edits)
    degraded = is_degraded(query, len(chosen), deadline, snapshot)
    return written(beside, listing, chosen, found, parameters, same, degraded=degraded)
