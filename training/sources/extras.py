"""Extras: libraries that only some sources need, loaded when they do."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from models.errors import SourceError


def required(module: str, extra: str) -> Any:
    """A module of an optional extra.

    Raises:
        SourceError: it is not installed; the message says what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise SourceError(f"{error.name} is not installed: pip install 'silah[{extra}]'") from error
