"""Lists of the whole site: /v1/lists/latest, …/most-read, …/trending."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from models.answers import DEFAULT_STANDING, STANDING, StandingName
from models.recommenders import filled
from service.codes import NOT_READY
from service.deadline import Deadline
from service.dependencies import InContext, InSnapshot
from service.listing import FALLBACKS, Listing, answer
from service.problems import responses
from service.schemas import ListAnswer, StandingParameters

router = APIRouter(prefix="/v1/lists", tags=["lists"])

PROBLEMS = responses("invalid-input", *NOT_READY)


@router.get("/{name}", response_model=ListAnswer, responses=PROBLEMS)
async def standing(
    request: Request,
    name: Annotated[StandingName, Path(description="which list")],
    parameters: Annotated[StandingParameters, Query()],
    context: InContext,
    snapshot: InSnapshot,
) -> Response:
    """«آخر الأخبار», «الأكثر قراءة», «الرائج الآن»: 10 articles of the site or of a section unless asked otherwise.

    What nobody read is in neither of the last two; `fallback=latest` makes them full.
    """
    period = snapshot.period(context.now())
    deadline = Deadline(context.settings.deadline_seconds)
    query = deadline.holds(parameters.query(period.since, DEFAULT_STANDING))
    recommender = snapshot.model.recommender
    chosen = STANDING[name].recommend(recommender, query, None, ())
    reason, found = FALLBACKS.get(parameters.fallback), len(chosen)
    if reason is not None and name is not StandingName.LATEST:
        chosen = filled(recommender, chosen, query, None, reason, (), recommender.edits(name, None, query))
    listing = Listing(name, None, None, query)
    return answer(request.scope, listing, chosen, found, parameters, period, context, snapshot, deadline)
