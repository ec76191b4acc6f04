"""Records: what is an article goes on, what is not is rejected with its place and reason, and counted."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.errors import RecordError
from training.records import Deletion, ReadCounts, accepted, read_articles
from training.sources import SourceRecord


def read(*values: dict[str, Any] | RecordError, source: str = "a.jsonl") -> tuple[list[Any], ReadCounts, str]:
    counts, rejects = ReadCounts(), io.StringIO()
    records = [SourceRecord(source, line, value) for line, value in enumerate(values, 1)]
    return list(read_articles(records, counts, rejects)), counts, rejects.getvalue()


def test_articles_keep_their_order() -> None:
    articles, counts, rejects = read({"id": "b", "title": "ب"}, {"id": "a", "title": "أ"}, {"id": 3, "title": "ج"})
    assert [(article.id, article.title) for article in articles] == [("b", "ب"), ("a", "أ"), ("3", "ج")]
    assert (counts.records, counts.rejected.total(), rejects) == (3, 0, "")


def test_deleted_articles_need_no_more_than_an_id() -> None:
    given = [{"id": 1, "deleted": True}, {"id": "2", "title": "خبر", "deleted": False, "body": None}]
    found, counts, rejects = read(*given)
    assert found[0] == Deletion("1")
    assert found[1].title == "خبر"
    assert (counts.unknown_keys, rejects) == ({}, "")
    assert [article.id for article in accepted(SourceRecord("a.jsonl", 1, one) for one in given)] == ["2"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"title": "خبر"}, "missing_id"),
        ({"id": None, "title": "خبر"}, "missing_id"),
        ({"id": "", "title": "خبر"}, "missing_id"),
        ({"id": 1.5, "title": "خبر"}, "bad_id"),
        ({"id": float("nan"), "title": "خبر"}, "bad_id"),
        ({"id": True, "title": "خبر"}, "bad_id"),
        ({"id": "a\nb", "title": "خبر"}, "bad_id"),
        ({"id": "a\ud800", "title": "خبر"}, "bad_id"),
        ({"id": "1" * 129, "title": "خبر"}, "bad_id"),
        ({"id": "1"}, "blank_title"),
        ({"id": "1", "title": " «» "}, "blank_title"),
        ({"id": "1", "title": ["خبر"]}, "bad_type"),
        ({"id": "1", "title": "خبر", "body": {"html": ""}}, "bad_type"),
        ({"id": "1", "title": "خبر", "tags": "سياسة"}, "bad_type"),
        ({"id": "1", "title": "خبر", "published_at": "أمس"}, "bad_time"),
        ({"id": "1", "title": "خبر", "published_at": 1_700_000_000}, "bad_type"),
        ({"id": "1", "title": "خبر", "expires_at": "2025-02-30"}, "bad_time"),
        ({"id": "1", "title": "خبر", "deleted": "true"}, "bad_type"),
        ({"deleted": True}, "missing_id"),
        (RecordError("not_json", "the line is not JSON"), "not_json"),
    ],
)
def test_bad_record_is_rejected_by_reason_and_the_next_is_read(
    record: dict[str, Any] | RecordError, reason: str
) -> None:
    articles, counts, rejects = read({"id": "0", "title": "أول"}, record, {"id": "2", "title": "ثالث"})
    assert [article.id for article in articles] == ["0", "2"]
    assert counts.records == 3
    assert counts.rejected == {reason: 1}
    (rejection,) = map(json.loads, rejects.splitlines())
    assert list(rejection) == ["source", "line", "reason", "message"]
    assert (rejection["source"], rejection["line"], rejection["reason"]) == ("a.jsonl", 2, reason)
    assert rejection["message"]


def test_reasons_are_counted() -> None:
    _, counts, rejects = read({}, {"id": "1"}, {}, RecordError("not_utf8", "the line is not UTF-8"))
    assert counts.rejected == {"missing_id": 2, "blank_title": 1, "not_utf8": 1}
    assert [json.loads(line)["line"] for line in rejects.splitlines()] == [1, 2, 3, 4]


def test_unknown_keys_of_articles_are_counted_and_left_out() -> None:
    articles, counts, _ = read(
        {"id": "1", "title": "أ", "score": 1, "views": None}, {"id": "2", "title": "ب", "views": 7}, {"rejected": 1}
    )
    assert counts.unknown_keys == {"score": 1, "views": 2}
    assert list(counts.unknown_keys) == ["score", "views"]
    assert articles[0].to_record() == {"id": "1", "title": "أ", "body": ""}


def test_what_utf8_cannot_hold_is_written_as_a_question_mark() -> None:
    _, counts, rejects = read(
        {"id": "1", "title": "أ", "\ud800": 1}, RecordError("not_json", "near \udfff"), source="\udcff.jsonl"
    )
    assert counts.unknown_keys == {"?": 1}
    rejection = json.loads(rejects.encode())
    assert (rejection["source"], rejection["message"]) == ("?.jsonl", "near ?")


def test_records_are_read_as_articles_are_asked_for() -> None:
    asked = 0

    def records() -> Iterator[SourceRecord]:
        nonlocal asked
        for asked in range(1, 4):
            yield SourceRecord("a.jsonl", asked, {"id": asked, "title": "خبر"})

    stream = read_articles(records(), ReadCounts(), io.StringIO())
    assert asked == 0
    assert next(stream).id == "1"
    assert asked == 1
