"""Options of sources: what a location alone does not tell; ``[sources]`` in ``silah.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from models.limits import NO_OTHERS

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchRules:
    """How the web is asked.

    Attributes:
        allow_private: whether addresses of private networks and of this machine may be asked.
        max_bytes: of one answer, as it comes and unpacked; files that are read as they come are not held to it.
        seconds: for one answer, from the connection to its last byte.
        rate: questions a second to one host.
        retries: of what was answered with 429 or 5xx, or not at all.
        redirects: that are followed, one after the other.
        robots: whether robots.txt is obeyed.
        user_agent: the name under which it asks.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    allow_private: bool = False
    max_bytes: Annotated[int, Field(ge=1)] = 32 * MEBIBYTE
    seconds: Annotated[float, Field(gt=0)] = 30.0
    rate: Annotated[float, Field(gt=0)] = 2.0
    retries: Annotated[int, Field(ge=0, le=10)] = 4
    redirects: Annotated[int, Field(ge=0, le=20)] = 5
    robots: bool = True
    user_agent: Annotated[str, Field(min_length=1, pattern=r"^[\x20-\x7e]+$")] = "Silah/0.1 (article import)"


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What may be said of locations beside their name.

    Attributes:
        table: of a database, where its address does not name one after ``#``.
        query: SQL whose rows are read instead of a table.
        columns: the column, or member, that holds a key of the record where it has another name.
        delimiter: between the cells of a CSV file; without it it is found out.
        encoding: of text files, where they are neither UTF-8 nor told apart by their letters.
        patterns: file with what a site's pages carry beside the article (docs/sources.md).
        full_text: whether the pages of a feed's articles are read where it has summaries only.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    table: str | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str | None = None
    patterns: Path | None = None
    full_text: bool = False
    fetch: FetchRules = field(default_factory=FetchRules)
