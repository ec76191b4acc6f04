"""Models that articles can come to and go from."""

from __future__ import annotations

from models.artifact import Model, live
from models.live import LiveIndex
from models.registry import Registry


def live_model(registry: Registry) -> Model:
    """The version in service."""
    model = registry.load_current()
    return live(registry.folder(model.manifest.version), model)


def live_index(registry: Registry) -> LiveIndex:
    """Its articles."""
    index = live_model(registry).index
    assert isinstance(index, LiveIndex)
    return index
