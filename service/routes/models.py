"""Model versions: /v1/models."""

from __future__ import annotations

from fastapi import APIRouter

from service.dependencies import InContext
from service.problems import responses
from service.schemas import Version, Versions

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("", responses=responses("model-refused"))
def versions(context: InContext) -> Versions:
    """All versions, oldest first: the one named as in service, and the one this process serves."""
    current = context.registry.current()
    snapshot = context.follower.holder.current
    serving = snapshot.version if snapshot else None
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
