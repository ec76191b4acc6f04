"""Model versions: /v1/models, and which of them is in service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from models.article import from_microseconds
from models.errors import AnalyzerMismatch, FileRefused, FormatUnsupported
from service.dependencies import Context, InContext
from service.problems import problem, responses
from service.schemas import InService, Version, Versions

log = logging.getLogger("silah.models")

router = APIRouter(prefix="/v1", tags=["models"])

CHANGES = ("version-refused", "folder-not-writable", "model-refused")


@router.get("/models", responses=responses("model-refused"))
def versions(context: InContext) -> Versions:
    """All versions, oldest first: the one named as in service, and the one this process serves."""
    current, serving = context.registry.current(), _serving(context)
    return Versions(
        current=current,
        serving=serving,
        versions=[
            Version(
                version=manifest.version,
                created_at=manifest.created_at,
                current=manifest.version == current,
                serving=manifest.version == serving,
                counts=manifest.counts,
                metrics=manifest.metrics,
            )
            for manifest in context.registry.manifests()
        ],
    )


@router.post(
    "/models/{version}:activate",
    response_model=InService,
    responses=responses("version-not-found", *CHANGES),
)
async def activate(
    request: Request,
    version: Annotated[str, Path(description="the name of a version", examples=["20261123T100000000Z-1a2b3c"])],
    context: InContext,
) -> Response:
    """Put a version in service; its files are compared with their digests first, and 409 says what is wrong with one.

    When this is answered, the process that answers has changed to it; all others have within a second and the
    time that loading takes. Articles, rules and what readers did are in effect with every version.
    """
    return await _change(request, context, lambda: context.registry.activate(version, from_microseconds(context.now())))


@router.post("/models:rollback", response_model=InService, responses=responses("no-earlier-version", *CHANGES))
async def rollback(request: Request, context: InContext) -> Response:
    """Put the version back in service that was there before the present one; twice goes back two.

    409 where there is none. In effect as with an activation.
    """
    return await _change(request, context, lambda: context.registry.rollback(from_microseconds(context.now())))


async def _change(request: Request, context: Context, change: Callable[[], object]) -> Response:
    """Put another version in service and tell which one is."""

    def changed() -> InService:
        change()
        context.follower.change_over()
        return InService(current=context.registry.current(), serving=_serving(context))

    try:
        told = await asyncio.to_thread(changed)
    except (FormatUnsupported, FileRefused, AnalyzerMismatch) as error:
        return problem(request, HTTPStatus.CONFLICT, "version-refused", f"{error}; what is in service stays")
    log.info("version put in service", extra={**told.model_dump(), "key_id": request.scope.get("key_id")})
    return JSONResponse(told.model_dump(), headers={"Cache-Control": "no-store"})


def _serving(context: Context) -> str | None:
    """The version that this process answers from."""
    snapshot = context.follower.holder.current
    return snapshot.version if snapshot else None
