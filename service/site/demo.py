"""The demo newsroom at /demo: a front page and article pages with their boxes, from whatever model is served."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader

from models.answers import LISTS, Item, ListName, items
from models.candidates import Query, Reason
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
    latest = _latest(snapshot, Query(as_of=moment, limit=FRONT_LATEST))
    sections = [
        (name, found)
        for name in snapshot.model.index.section_names
        if (found := _latest(snapshot, Query(as_of=moment, limit=FRONT_SECTION, section=name)))
    ]
    return _page("front.html", snapshot, latest=latest, sections=sections)


@router.get("/demo/articles/{article_id:path}")
def article(request: Request, article_id: ArticleId, context: InContext, snapshot: InSnapshot) -> Response:
    """An article's page with its boxes; nothing stands in two of them."""
    model = snapshot.model
    row = model.index.row_of(article_id)
    moment = snapshot.moment(context.now())
    boxes = {
        name: items(model, kind.recommend(model.recommender, row, Query(moment, kind.default_limit)), row, explain=True)
        for name, kind in LISTS.items()
    }
    shown = frozenset({article_id, *(item.id for box in boxes.values() for item in box)})
    return _page(
        "article.html",
        snapshot,
        article=model.index.article(row).to_record(),
        paragraphs=model.analyzer.clean(model.index.article(row).body).paragraphs,
        related=boxes[ListName.RELATED],
        also_like=boxes[ListName.ALSO_LIKE],
        headings={name.name.lower(): kind.heading for name, kind in LISTS.items()},
        latest=_latest(snapshot, Query(as_of=moment, limit=4, exclude=shown)),
        api=request.url_for("related", article_id=article_id).path,
    )


def _latest(snapshot: Snapshot, query: Query) -> list[Item]:
    model = snapshot.model
    return items(model, filled(model.recommender, [], query, None, Reason.LATEST), None, explain=False)


def _page(template: str, snapshot: Snapshot, **values: Any) -> Response:
    body = _pages.get_template(template).render(
        version=snapshot.version, articles=len(snapshot.model.index), sections_menu=_menu(snapshot), **values
    )
    return Response(body, media_type="text/html; charset=utf-8", headers=HEADERS)


def _menu(snapshot: Snapshot) -> Iterable[tuple[int, str]]:
    return enumerate(snapshot.model.index.section_names)
