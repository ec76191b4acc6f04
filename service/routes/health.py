"""Health and figures: /health/live, /health/ready, /metrics."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from service.codes import NOT_READY
from service.dependencies import InContext
from service.ledger import DELAY
from service.metrics import CONTENT_TYPE
from service.problems import responses
from service.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/health/live", response_model_exclude_none=True)
async def live() -> Health:
    """This process runs."""
    return Health(status="live")


@router.get("/health/ready", response_model_exclude_none=True, responses=responses(*NOT_READY))
async def ready(context: InContext) -> Health:
    """This process can answer; 503 says what to run. ``refused`` warns of a version that it could not load."""
    holder = context.follower.holder
    snapshot = holder.take()
    return Health(
        status="ready",
        model=snapshot.version,
        articles=snapshot.index.present,
        seq=snapshot.seq,
        refused=holder.refusal.problem if holder.refusal else None,
        journal_lost=holder.lost,
    )


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(context: InContext) -> Response:
    """Figures in Prometheus' text format."""
    holder = context.follower.holder
    context.ledger.write_up()
    if context.metrics.shared:
        await asyncio.sleep(2 * DELAY)  # until the other workers have written up what they answered before
    context.metrics.observe(holder.current, holder.refusal is not None, holder.behind, holder.lost is not None)
    return Response(context.metrics.render(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
