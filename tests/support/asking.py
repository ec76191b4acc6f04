"""A web for tests: it may ask this machine, does not wait, and reads pages by what they say of themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.errors import RecordError
from training.sources.document import Document
from training.sources.fetching import Fetcher
from training.sources.options import MEBIBYTE, FetchRules
from training.sources.web import Web

RULES = FetchRules(allow_private=True, rate=100_000.0, retries=0, max_bytes=4 * MEBIBYTE)


@contextmanager
def asking(rules: FetchRules = RULES) -> Iterator[Web]:
    """A web that remembers nothing yet."""
    with Fetcher(rules) as fetcher:
        yield Web(fetcher, own_words)


def own_words(document: Document) -> dict[str, Any] | RecordError:
    """The record of a page that says of itself in JSON-LD that it is an article, and has its paragraphs in ``p``."""
    page = document.content.decode()
    said = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    if said is None:
        return RecordError("no_article", "the page is no article")
    about = json.loads(said[1])
    number = re.search(r"\?p=(\d+)", page)
    return {
        "id": number[1] if number else about["mainEntityOfPage"],
        "title": about.get("headline", ""),
        "body": "\n\n".join(re.findall(r"<p>(.*?)</p>", page)),
        "section": about.get("articleSection"),
        "published_at": about.get("datePublished"),
        "url": about["mainEntityOfPage"],
        "image_url": about.get("image"),
        "source": about.get("publisher", {}).get("name"),
        "author": about.get("author", {}).get("name"),
        "language": about.get("inLanguage"),
        "tags": about.get("keywords", []),
    }
