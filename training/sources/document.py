"""A document: the whole of a page, a feed or a sitemap in memory, with where it came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes as they were saved or answered, unpacked.

    Attributes:
        name: the location that was given, for people.
        url: where it was fetched from, after redirects; None of a file.
        media_type: as the server told it, in lower case and without parameters: ``text/html``.
        charset: as the server told it.
    """

    content: bytes
    name: str
    url: str | None = None
    media_type: str | None = None
    charset: str | None = None
