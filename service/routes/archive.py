"""Articles as they come, change and go: PUT, PATCH and DELETE of /v1/articles/{id}."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from models.article import Article
from service.codes import NOT_READY
from service.dependencies import ArticleId, Context, InContext
from service.incoming import ARTICLE, PATCH, article_of, object_of, refuse
from service.journal import Change, Kind
from service.problems import responses

router = APIRouter(prefix="/v1/articles", tags=["articles"])

PROBLEMS = responses("invalid-input", *NOT_READY)


@router.put(
    "/{article_id:path}",
    response_model=Article,
    responses={**PROBLEMS, int(HTTPStatus.CREATED): {"model": Article, "description": "It is new."}},
    openapi_extra=ARTICLE,
)
async def put(request: Request, article_id: ArticleId, context: InContext) -> Response:
    """An article comes, or takes the place of the one of this id; the answer is the article as it is kept.

    When this is answered, it is durable, and in effect in all lists of the process that answers; in those of
    all others within a second.
    """
    record = object_of(await request.body())
    _same_id(record, article_id)
    return await _keep(request, context, article_of({**record, "id": article_id}))


@router.patch(
    "/{article_id:path}",
    response_model=Article,
    responses={**PROBLEMS, **responses("article-not-found")},
    openapi_extra=PATCH,
)
async def patch(request: Request, article_id: ArticleId, context: InContext) -> Response:
    """Members of an article change: those that are given, and `null` takes one away (RFC 7396)."""
    changes = object_of(await request.body())
    _same_id(changes, article_id)
    await asyncio.to_thread(context.follower.catch_up)  # what others wrote before is not to be lost
    index = context.follower.holder.take().index
    known = index.article(index.row_of(article_id)).to_record()
    record = {name: value for name, value in {**known, **changes}.items() if value is not None}
    return await _keep(request, context, article_of({**record, "id": article_id}))


@router.delete("/{article_id:path}", status_code=204, responses=responses("state-unavailable"))
async def delete(request: Request, article_id: ArticleId, context: InContext) -> Response:
    """An article goes, and is shown no more by any list, also after the next training; 204 whether there was one."""
    await context.writer.write([Change(Kind.DELETION, article_id)], request.scope.get("key_id"))
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})


async def _keep(request: Request, context: Context, article: Article) -> Response:
    """Write an article down; 201 where there was none of its id."""
    before = context.follower.holder.take().index.find(article.id)
    text = json.dumps(article.to_record(), ensure_ascii=False)
    await context.writer.write([Change(Kind.ARTICLE, article.id, text)], request.scope.get("key_id"))
    status = HTTPStatus.CREATED if before is None else HTTPStatus.OK
    return Response(text, status, headers={"Cache-Control": "no-store"}, media_type="application/json")


def _same_id(record: Mapping[str, Any], article_id: str) -> None:
    if record.get("id") is not None and str(record["id"]) != article_id:
        raise refuse("id", f"is {record['id']!r}; the path says {article_id!r}")
