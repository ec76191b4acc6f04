"""Locations: what a person names, told apart into the kind of source and where it is.

``KIND+LOCATION`` names the kind; without it, it follows from the scheme, the end of the name, or, later, from what
is found there: ``feed+https://site.example/``, ``csv+export.txt``, ``sqlite:///news.db#posts``, ``articles.jsonl.gz``.
"""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import urlsplit

from models.errors import SourceError
from training.sources.addresses import on_the_web, scheme_of
from training.sources.opening import shown


class Kind(StrEnum):
    """What can be read; the names before ``+``."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    SQL = "sql"
    WXR = "wxr"
    WORDPRESS = "wordpress"
    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"


PACKED = (".gz", ".zst")
KIND_OF_SUFFIX = {
    ".jsonl": Kind.JSONL,
    ".ndjson": Kind.JSONL,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".parquet": Kind.PARQUET,
    ".wxr": Kind.WXR,
    ".rss": Kind.FEED,
    ".atom": Kind.FEED,
    ".html": Kind.PAGE,
    ".htm": Kind.PAGE,
    ".txt": Kind.PAGE,
}
XML = ".xml"  # a feed, a sitemap or an export of WordPress: its root tells
DATA = frozenset({Kind.JSONL, Kind.CSV, Kind.PARQUET, Kind.WXR})  # read as they come, of any length

_KIND = re.compile(rf"({'|'.join(Kind)})\+(.+)", re.DOTALL)
_DATABASES = ("sqlite", "postgresql", "postgres", "mysql", "mariadb", "oracle", "mssql")


def parted(location: str) -> tuple[Kind | None, str]:
    """The kind that a location names or its end and scheme tell, if they do, and the rest of it.

    Raises:
        SourceError: a kind is named that the location cannot be, or it is no address.
    """
    named = _KIND.fullmatch(location)
    kind, rest = (Kind(named[1]), named[2]) if named else (None, location)
    if kind is None and (scheme_of(rest) or "").split("+")[0] in _DATABASES:
        kind = Kind.SQL
    if on_the_web(rest):
        try:
            urlsplit(rest)
        except ValueError as error:
            raise SourceError("the location is not an address of the web") from error  # what is wrong may be a password
    if kind is Kind.WORDPRESS and not on_the_web(rest):
        raise SourceError(
            f"cannot read {shown(location)}: a WordPress site has an address, https://…; its export is wxr+"
        )
    return kind or kind_of_name(rest), rest


def kind_of_name(location: str) -> Kind | None:
    """The kind that the end of a name tells, packed or not, without what follows ``?`` and ``#`` in an address."""
    name = urlsplit(location).path if on_the_web(location) else location
    return KIND_OF_SUFFIX.get(suffix_of(name))


def suffix_of(name: str) -> str:
    """The end of a name from its last dot, in lower case, without the one of packing: ``.jsonl``."""
    name = name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    last = re.split(r"[/\\]", name)[-1]
    return f".{last.rpartition('.')[2]}" if "." in last else ""
