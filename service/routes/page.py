"""Pages: /v1/articles/{id}/page, every box of an article's page in one answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from models.article import format_time, from_microseconds
from models.errors import ArticleNotFound
from models.page import BoxList, FilledBox
from models.page import page as boxes_of
from service.caching import Listed
from service.codes import NOT_READY
from service.deadline import Deadline
from service.dependencies import ArticleId, InContext, InSnapshot
from service.listing import FALLBACKS, kept, name_of
from service.problems import responses
from service.schemas import PageAnswer, PageParameters

router = APIRouter(prefix="/v1/articles", tags=["articles"])

PROBLEMS = responses("article-not-found", "invalid-input", *NOT_READY)

_OF_ARTICLES = {BoxList.RELATED, BoxList.ALSO_LIKE}  # the boxes in which an article shares words with the page's


@router.get("/{article_id:path}/page", response_model=PageAnswer, responses=PROBLEMS)
async def page(
    request: Request,
    article_id: ArticleId,
    parameters: Annotated[PageParameters, Query()],
    context: InContext,
    snapshot: InSnapshot,
) -> Response:
    """Every box of an article's page, no article and no story twice; the layout is a setting.

    A box that would be empty is left out. Each is the list that it is called by, without what other boxes show.
    """
    model, renderer = snapshot.model, snapshot.renderer
    period = snapshot.period(context.now())
    deadline = Deadline(context.settings.deadline_seconds)
    query = deadline.holds(parameters.query(period.since))
    source, fallback = model.index.find(article_id), FALLBACKS.get(parameters.fallback)
    if source is None and fallback is None:
        raise ArticleNotFound(article_id)
    made = boxes_of(model.recommender, source, query, context.settings.page, fallback)

    def items(filled: FilledBox) -> str:
        explained = source if filled.box.list in _OF_ARTICLES else None
        return renderer.items(filled.items, explained, parameters.explain, parameters.shown)

    asked = (query.as_of, sorted(query.exclude), parameters.fallback, parameters.explain)
    boxes = [(filled.box.name, filled.title, items(filled)) for filled in made]
    listed = Listed("page", sum(len(filled.items) for filled in made), None, deadline.missed)
    body = renderer.page(
        request_id=name_of("page", article_id, snapshot.version, asked, boxes),
        source_id=article_id,
        as_of=format_time(from_microseconds(query.as_of)),
        boxes=boxes,
        degraded=deadline.missed,
    )
    return kept(request.scope, body, listed, parameters, period, context, snapshot, by_readers=True)
