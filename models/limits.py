"""Limits: the kinds of numbers that settings of a model are made of, checked where settings are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]

# for a dataclass of settings: a misspelt name is an error, not a setting without effect
NO_OTHERS = ConfigDict(extra="forbid")
