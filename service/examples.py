"""Examples: what each route answers when all is well, as OpenAPI shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from service.incoming import RECORD

_MODEL = {"version": "20261123T080000000Z-1f0c2a", "trained_at": "2026-11-23T08:00:00.000000Z"}
_NAME = "5f0c8e6b1d2a4c3e9f708192"
_AS_OF = "2026-11-23T10:00:00Z"
_VERSION = "20261123T080000000Z-1f0c2a"


def _item(article_id: str, title: str, section: str, at: str, **more: Any) -> dict[str, Any]:
    return {
        "id": article_id,
        "rank": 1,
        "score": 0.412,
        "reason": "content",
        "title": title,
        "url": f"https://news.example/{article_id}",
        "section": section,
        "published_at": at,
        "image_url": None,
        "source": None,
        "story_id": article_id,
        **more,
    }


_FINAL = _item("98", "النوارس يبلغ نهائي كأس المدينة", "رياضة", "2026-11-23T09:30:00Z")
_TICKETS = _item("71", "نفاد تذاكر ملعب الميناء قبل النهائي بيومين", "رياضة", "2026-11-22T16:00:00Z", score=0.187)
_RAIN = _item("64", "أمطار غزيرة تعيد الماء إلى سد الوادي", "محليات", "2026-11-23T08:30:00Z", score=0.0)
_TERMS = [{"term": "النوارس", "weight": 0.21}, {"term": "نهائي", "weight": 0.12}]


def _list(name: str, source_id: str | None, *items: dict[str, Any]) -> dict[str, Any]:
    return {
        "request_id": _NAME,
        "list": name,
        "source_id": source_id,
        "as_of": _AS_OF,
        "model": _MODEL,
        "items": [{**item, "rank": rank} for rank, item in enumerate(items, 1)],
        "fallback": None,
        "degraded": False,
    }


_DUPLICATE = {name: _FINAL[name] for name in ("id", "title", "url", "section", "published_at", "source", "story_id")}
_RULE = {
    "id": "pin-final",
    "type": "pin",
    "article_id": "98",
    "source_section": "رياضة",
    "lists": ["related"],
    "position": 2,
    "validity": {"from": "2026-11-23T10:00:00Z", "until": "2026-11-24T10:00:00Z"},
    "note": "نهائي الكأس",
    "active": True,
    "seq": 1204,
    "changed_at": "2026-11-23T10:00:00Z",
    "key_id": "1a2b3c4d",
}
_RESULTS = (
    {"line": 1, "id": "98", "status": "created", "seq": 1204},
    {"line": 2, "status": "rejected", "reason": "blank_title", "message": "title is blank"},
)
_PAGE = {
    "request_id": _NAME,
    "source_id": "123",
    "as_of": _AS_OF,
    "model": _MODEL,
    "boxes": [
        {"name": "related", "title": "أخبار ذات صلة", "items": [_FINAL]},
        {"name": "latest", "title": "آخر الأخبار", "items": [{**_RAIN, "reason": "popular"}]},
    ],
    "degraded": False,
}
_VERSIONS = {
    "current": _VERSION,
    "serving": _VERSION,
    "versions": [
        {
            "version": _VERSION,
            "created_at": "2026-11-23T08:00:00.000000Z",
            "current": True,
            "serving": True,
            "counts": {"articles": 31_000, "vocabulary": 120_000, "stories": 28_400},
            "metrics": {"recall_at_5": 0.62},
        }
    ],
}


def _lines(*records: Mapping[str, Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


# by method and path
ANSWERS: Mapping[tuple[str, str], Any] = {
    ("GET", "/v1/articles/{article_id}/related"): _list(
        "related", "123", {**_FINAL, "matched_terms": _TERMS}, {**_TICKETS, "matched_terms": _TERMS[:1]}
    ),
    ("GET", "/v1/articles/{article_id}/also-like"): _list("also-like", "123", {**_TICKETS, "reason": "co_read"}),
    ("GET", "/v1/articles/{article_id}/page"): _PAGE,
    ("GET", "/v1/lists/{name}"): _list(
        "most-read",
        None,
        *({**each, "reason": "popular", "score": score} for each, score in ((_FINAL, 412), (_RAIN, 96))),
    ),
    ("POST", "/v1/related"): {**_list("related", None, _TICKETS), "duplicates": [_DUPLICATE]},
    ("GET", "/v1/articles/{article_id}"): RECORD,
    ("PUT", "/v1/articles/{article_id}"): RECORD,
    ("PATCH", "/v1/articles/{article_id}"): {**RECORD, "title": "النوارس بطل كأس المدينة"},
    ("POST", "/v1/articles:bulk"): _lines(*_RESULTS),
    ("GET", "/v1/articles:export"): _lines(RECORD),
    ("POST", "/v1/events"): {
        "taken": 1,
        "refused": 1,
        "reasons": {"future": 1},
        "refusals": [{"event": 1, "reason": "future", "msg": "at lies in the future"}],
    },
    ("GET", "/v1/rules"): {"rules": [_RULE]},
    ("GET", "/v1/rules/{rule_id}"): _RULE,
    ("PUT", "/v1/rules/{rule_id}"): _RULE,
    ("GET", "/v1/models"): _VERSIONS,
    ("POST", "/v1/models/{version}:activate"): {"current": _VERSION, "serving": _VERSION},
    ("POST", "/v1/models:rollback"): {"current": _VERSION, "serving": _VERSION},
    ("GET", "/health/live"): {"status": "live"},
    ("GET", "/health/ready"): {"status": "ready", "model": _VERSION, "articles": 31_004, "seq": 1204},
    ("GET", "/metrics"): (
        "# HELP silah_model_articles Articles of the version in service.\n"
        "# TYPE silah_model_articles gauge\n"
        "silah_model_articles 31004.0\n"
    ),
}
