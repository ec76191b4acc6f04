"""Patterns of pages: what stands on them beside the article; those of Silah, and those that a site adds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.analysis.boilerplate import Boilerplate, compiled
from models.errors import SourceError

OWN = Path(__file__).with_name("pagetext.toml")
KEYS = frozenset({"headings", "chosen", "lines"})


@dataclass(frozen=True, slots=True)
class PagePatterns:
    """Expressions, compiled; all are matched after normalization.

    Attributes:
        boilerplate: furniture of whole lines, and blocks of headlines.
        chosen: headings over headlines that an editor chose.
        chosen_inline: such a heading, with the headline behind it in the same line.
        home: first crumbs of breadcrumbs.
        address: a line that tells the address of the page, which is its last group.
        outlet: the part of a dateline that is a newspaper.
        caption: a line that is a picture's.
        openers, dangling: see :func:`training.sources.headline.headline`.
    """

    boilerplate: Boilerplate
    chosen: re.Pattern[str]
    chosen_inline: re.Pattern[str]
    home: Collection[str]
    address: re.Pattern[str]
    outlet: re.Pattern[str]
    caption: re.Pattern[str]
    openers: Collection[str]
    dangling: Collection[str]

    @classmethod
    def load(cls, path: Path | None = None) -> PagePatterns:
        """The patterns that come with Silah, with those of a site's file (docs/sources.md).

        Raises:
            SourceError: the file cannot be read, or holds what is no list of expressions or fits every line.
        """
        site = _read(path) if path is not None else {}
        own = tomllib.loads(OWN.read_text(encoding="utf-8"))
        chosen = [*site.get("chosen", ())]
        return cls(
            boilerplate=Boilerplate.default([*site.get("headings", ()), *chosen], site.get("lines", ())),
            chosen=re.compile("|".join(f"(?:{pattern})" for pattern in (*own["chosen"], *chosen))),
            chosen_inline=re.compile(own["chosen_inline"]),
            home=frozenset(own["home"]),
            address=re.compile(own["address"]),
            outlet=re.compile(own["outlet"]),
            caption=re.compile(own["caption"]),
            openers=frozenset(own["title"]["openers"]),
            dangling=frozenset(own["title"]["dangling"]),
        )


def _read(path: Path) -> dict[str, list[str]]:
    try:
        site: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # no TOML, or not UTF-8
        raise SourceError(f"cannot read {path}: {error}") from error
    unknown = sorted(set(site) - KEYS)
    if unknown:
        raise SourceError(f"{path}: unknown key {unknown[0]!r}; there are {', '.join(sorted(KEYS))}")
    for key, patterns in site.items():
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            raise SourceError(f"{path}: {key} is no list of expressions")
        for pattern in patterns:
            try:
                compiled(pattern)
            except ValueError as error:
                raise SourceError(f"{path}: {error}") from error
    return site
