"""Variations of the visible world: articles that are special in one way each, ids that are hard to write in a path."""

from __future__ import annotations

from typing import Any

from tests.support.newsroom import topic_records

ODD_IDS = (
    "politics/2025/03/article",
    "two words",
    "100%",
    "100%25",
    "a%2Fb",
    "a%252Fb",
    "خبر-١",
    "أخبار/رياضة عاجل",
    "⚽️🏆",
    "👨‍👩‍👧/🎓",
    "story/related",
    "story/also-like",
    "story",
    "also-like",
    "why?page=2",
    "c#sharp",
    "a+b",
    "a&b=c;d",
    "double//slash",
    "/leading",
    "trailing/",
    "quoted \"'`",
    "back\\slash",
    "<b>bold</b>",
    "café",
    "cafe\u0301",
)

HERMIT, EXPIRED, FUTURE, UNDATED, BARE = "hermit", "expired", "future", "undated", "bare"


def odd_ids_records() -> list[dict[str, Any]]:
    """The visible world and one article more, renamed: the first of ``ODD_IDS`` is the oldest article's."""
    records = topic_records()
    extra = {
        **records[-1],
        "title": "ملحق: أطباء المستشفى يطلبون فحص مياه القرى",
        "body": "يعود الأطباء إلى القرى غدا.",
    }
    return [{**record, "id": odd_id} for odd_id, record in zip(ODD_IDS, [*records, extra], strict=True)]


def edge_records() -> list[dict[str, Any]]:
    """The visible world with five articles more, of which three tell of the same cup final.

    ``HERMIT`` shares no word with any other and stands in no section. ``EXPIRED`` ran out on 20 March,
    ``FUTURE`` appears in May, ``UNDATED`` has no time. ``BARE`` has nothing but id and title.
    """
    return [
        *topic_records(),
        {"id": HERMIT, "title": "زلازل بركانية", "body": "هزات متفرقة.", "published_at": "2025-03-05T00:00:00Z"},
        {
            "id": EXPIRED,
            "title": "عروض يوم النهائي لمشجعي النوارس",
            "body": "يعرض متجر النوارس قمصان الهداف وليد حمدان حتى مباراة نهائي كأس المدينة في ملعب الميناء.",
            "section": "رياضة",
            "published_at": "2025-03-10T00:00:00Z",
            "expires_at": "2025-03-20T00:00:00Z",
        },
        {
            "id": FUTURE,
            "title": "النوارس يحتفل بكأس المدينة في موكب كبير",
            "body": "يطوف فريق النوارس شوارع المدينة حاملا الكأس، ويتقدم الموكب المهاجم وليد حمدان ومدربه.",
            "section": "رياضة",
            "published_at": "2025-05-01T00:00:00Z",
        },
        {
            "id": UNDATED,
            "title": "تاريخ النوارس في كأس المدينة",
            "body": "حمل النوارس كأس المدينة أربع مرات، وسجل هدافوه في كل نهائي، وبني ملعب الميناء بعد الكأس الثالثة.",
            "section": "رياضة",
        },
        {"id": BARE, "title": "النوارس والصقور في نهائي الكأس"},
    ]
