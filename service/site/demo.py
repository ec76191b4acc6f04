"""The demo newsroom at /demo: a front page and article pages with their boxes, from whatever model is served."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader

from models.answers import LISTS, Item, ListName, items
from models.candidates import Query, Reason, Recommendation
from models.recommenders import filled
from service.dependencies import ArticleId, InContext, InSnapshot
from service.snapshot import Snapshot

router = APIRouter(include_in_schema=False)

FRONT_LATEST = 12
FRONT_SECTION = 4
MONTHS = ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src https: data:; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}

_FOLDER = Path(__file__).parent
_pages = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def arabic_date(moment: str | None) -> str:
    """``2026-11-23T10:00:00Z`` as a reader sees it: ``23 نوفمبر 2026``; empty for an unknown time."""
    if moment is None:
        return ""
    day = datetime.fromisoformat(moment)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


_pages.filters["arabic_date"] = arabic_date
_pages.filters["segment"] = lambda text: quote(text, safe="")


@router.get("/")
async def root() -> Response:
    """People who open the service in a browser want to see something."""
    return RedirectResponse("/demo")


@router.get("/demo/style.css")
async def style() -> Response:
    """The style sheet of all pages."""
    return FileResponse(_FOLDER / "static" / "style.css", media_type="text/css", headers=HEADERS)


@router.get("/demo")
def front(context: InContext, snapshot: InSnapshot) -> Response:
    """Front page: the latest articles, then each section."""
    moment = snapshot.moment(context.now())
    shown: list[Recommendation] = []
    latest = _latest(snapshot, Query(as_of=moment, limit=FRONT_LATEST), shown)
    sections = [
        (name, found)
        for name in snapshot.model.index.section_names
        if (found := _latest(snapshot, Query(as_of=moment, limit=FRONT_SECTION, section=name), shown))
    ]
    return _page("front.html", snapshot, latest=latest, sections=sections)


@router.get("/demo/articles/{article_id:path}")
def article(article_id: ArticleId, context: InContext, snapshot: InSnapshot) -> Response:
    """An article's page with its boxes; no story stands in two of them."""
    model = snapshot.model
    row = model.index.row_of(article_id)
    moment = snapshot.moment(context.now())
    lists = {
        name: kind.recommend(model.recommender, row, Query(moment, kind.default_limit)) for name, kind in LISTS.items()
    }
    boxes = {name: items(model, places, row, explain=name is ListName.RELATED) for name, places in lists.items()}
    shown = [place for places in lists.values() for place in places]
    return _page(
        "article.html",
        snapshot,
        article=model.index.article(row).to_record(),
        paragraphs=model.analyzer.clean(model.index.article(row).body).paragraphs,
        related=boxes[ListName.RELATED],
        also_like=boxes[ListName.ALSO_LIKE],
        headings={name.name.lower(): kind.heading for name, kind in LISTS.items()},
        latest=_latest(snapshot, Query(as_of=moment, limit=4), shown, row),
    )


def _latest(snapshot: Snapshot, query: Query, shown: list[Recommendation], source: int | None = None) -> list[Item]:
    """The latest that a query allows, of stories not shown on the page; afterwards these are shown too."""
    model = snapshot.model
    edits = model.recommender.edits("latest", source, query)
    found = filled(model.recommender, [], query, source, Reason.LATEST, shown, edits)
    shown.extend(found)
    return items(model, found, None, explain=False)


def _page(template: str, snapshot: Snapshot, **values: Any) -> Response:
    body = _pages.get_template(template).render(version=snapshot.version, articles=len(snapshot.model.index), **values)
    return Response(body, media_type="text/html; charset=utf-8", headers=HEADERS)
