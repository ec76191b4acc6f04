"""Articles and their lists: /v1/articles/{id}, …/related, …/also-like."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.types import Scope

from models.answers import LISTS, ListName
from models.article import Article
from models.errors import ArticleNotFound
from models.recommenders import filled
from service.caching import ALWAYS, Answer
from service.codes import NOT_READY
from service.deadline import Deadline
from service.dependencies import ArticleId, Context, InContext, InSnapshot
from service.listing import FALLBACKS, Listing, answer
from service.problems import responses
from service.reading import remember
from service.schemas import ListAnswer, ListParameters
from service.snapshot import Snapshot

router = APIRouter(prefix="/v1/articles", tags=["articles"])

NOT_FOUND = responses("article-not-found", *NOT_READY)
PROBLEMS = {**NOT_FOUND, **responses("invalid-input")}
Parameters = Annotated[ListParameters, Query()]


@router.get("/{article_id:path}/related", response_model=ListAnswer, responses=PROBLEMS)
async def related(
    request: Request, article_id: ArticleId, parameters: Parameters, context: InContext, snapshot: InSnapshot
) -> Response:
    """«أخبار ذات صلة»: the same story and its people, places and matters; 5 articles unless asked otherwise."""
    remember(request.scope, parameters)
    return make_list(request.scope, ListName.RELATED, article_id, parameters, context, snapshot)


@router.get("/{article_id:path}/also-like", response_model=ListAnswer, responses=PROBLEMS)
async def also_like(
    request: Request, article_id: ArticleId, parameters: Parameters, context: InContext, snapshot: InSnapshot
) -> Response:
    """«قد يهمك أيضا»: other stories of the wider topic; 2 articles unless asked otherwise."""
    remember(request.scope, parameters)
    return make_list(request.scope, ListName.ALSO_LIKE, article_id, parameters, context, snapshot)


@router.get("/{article_id:path}", response_model=Article, responses=NOT_FOUND)
async def article(request: Request, article_id: ArticleId, context: InContext, snapshot: InSnapshot) -> Response:
    """The article as it was given, times in UTC."""
    index = snapshot.model.index
    record = index.article(index.row_of(article_id)).to_record()
    answer = Answer(json.dumps(record, ensure_ascii=False).encode(), context.settings.cache_control)
    return snapshot.answers.keep(request.scope, answer, ALWAYS)


def make_list(
    scope: Scope,
    name: ListName,
    article_id: str,
    parameters: ListParameters,
    context: Context,
    snapshot: Snapshot,
) -> Answer:
    """A list as asked for.

    Raises:
        ArticleNotFound: when there is no such article and no fallback was asked for.
    """
    model, kind = snapshot.model, LISTS[name]
    period = snapshot.period(context.now())
    deadline = Deadline(context.settings.deadline_seconds)
    query = deadline.holds(parameters.query(period.since, kind.default_limit))
    source = model.index.find(article_id)
    reason = FALLBACKS.get(parameters.fallback)
    if source is None and reason is None:
        raise ArticleNotFound(article_id)
    chosen = [] if source is None else kind.recommend(model.recommender, source, query)
    found = len(chosen)
    if reason is not None and found < query.limit:
        beside = [] if source is None else kind.beside(model.recommender, source, query)
        edits = model.recommender.edits(name, source, query)
        chosen = filled(model.recommender, chosen, query, source, reason, beside, edits)
    listing = Listing(name, article_id, source, query, parameters.explain)
    return answer(scope, listing, chosen, found, parameters, period, context, snapshot, deadline)
