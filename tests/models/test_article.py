"""models.article: what a record must be, what becomes of it, and the times of articles."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import (
    FIELDS,
    Article,
    format_time,
    from_microseconds,
    parse_time,
    to_microseconds,
)
from models.errors import RecordError

MINIMAL = {"id": "1", "title": "عنوان"}
LABELS = ("section", "url", "image_url", "source", "author", "language", "edition")
TEXTS = ("body", *LABELS)
BIDI = "\u200f\u202bمرحبا\u202c\u2066x\u2069"

any_text = st.text(st.characters(exclude_categories=()), max_size=30)  # all of Unicode, lone surrogates too
ids = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=128)
titles = any_text.map(lambda text: f"{text} خبر {text}")
moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.builds(lambda moment, zone: moment.astimezone(zone).isoformat(), moments, zones)
records = st.fixed_dictionaries(
    {"id": ids, "title": titles},
    optional={
        **{name: st.none() | any_text for name in TEXTS},
        "tags": st.none() | st.lists(any_text, max_size=5),
        "links": st.none() | st.lists(any_text, max_size=5),
        "published_at": st.none() | times,
        "expires_at": st.none() | times,
    },
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)


def read(**members: Any) -> Article:
    return Article.from_record({**MINIMAL, **members})


def reason(record: dict[str, Any]) -> str:
    with pytest.raises(RecordError) as caught:
        Article.from_record(record)
    return caught.value.reason


def test_a_record_needs_an_id_and_a_title_only():
    assert Article.from_record(MINIMAL) == Article(id="1", title="عنوان")


def test_every_member_is_handed_back():
    record = {
        "id": "سياسة/2026/خبر-1",
        "title": "العنوان",
        "body": "السطر الأول.\n\n<p>الثاني</p>",
        "section": "رياضة",
        "published_at": "2026-11-23T10:00:00Z",
        "url": "https://news.example/1?a=b",
        "image_url": "https://news.example/1.jpg",
        "source": "وكالة",
        "author": "كاتبة",
        "language": "ar",
        "edition": "المغرب",
        "tags": ["كأس", "نهائي"],
        "links": ["2", "عنوان خبر آخر"],
        "expires_at": "2027-01-01T00:00:00Z",
    }
    assert Article.from_record(record).to_record() == record
    assert set(record) == set(FIELDS)


def test_none_is_the_same_as_absent():
    assert Article.from_record({**dict.fromkeys(FIELDS), **MINIMAL}) == Article.from_record(MINIMAL)


def test_unknown_keys_are_passed_over():
    assert read(teaser="x", Title="y") == read()


def test_an_article_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        read().title = "آخر"  # type: ignore[misc]  # frozen: that is the test


@given(records)
def test_a_record_read_and_written_reads_the_same(record: dict[str, Any]):
    article = Article.from_record(record)
    assert Article.from_record(article.to_record()) == article


@given(records)
def test_what_is_written_is_utf8_json(record: dict[str, Any]):
    written = Article.from_record(record).to_record()
    line = json.dumps(written, ensure_ascii=False).encode()
    assert b"\x00" not in line
    assert json.loads(line) == written


@given(records, st.sampled_from(FIELDS), anything)
def test_any_value_in_any_member_is_read_or_refused_by_reason(record: dict[str, Any], name: str, value: Any):
    refusals: list[str] = []
    try:
        article = Article.from_record({**record, name: value})
        assert Article.from_record(article.to_record()) == article
    except RecordError as error:
        refusals.append(error.reason)
    assert set(refusals) <= {"missing_id", "bad_id", "blank_title", "bad_time", "bad_type"}


class TestId:
    @pytest.mark.parametrize("value", [0, 7, -3, 10**30])
    def test_an_integer_is_its_decimal_text(self, value: int):
        assert read(id=value).id == str(value)

    @pytest.mark.parametrize("value", ["a/b", "x" * 128, "خبر ١", "🗞️", " ", "%2F", "a\u200fb", "../1"])
    def test_any_utf8_is_taken_as_it_is(self, value: str):
        assert read(id=value).id == value

    @pytest.mark.parametrize("value", [None, ""])
    def test_without_one_there_is_no_article(self, value: object):
        assert reason({**MINIMAL, "id": value}) == "missing_id"
        assert reason({"title": "عنوان"}) == "missing_id"

    @pytest.mark.parametrize(
        "value",
        ["x" * 129, "a\nb", "a\x00b", "\x7f", "\x85", "\ud800", "a\udfff", True, 1.0, ["1"], {"id": 1}],
    )
    def test_what_is_no_id_is_refused(self, value: object):
        assert reason({**MINIMAL, "id": value}) == "bad_id"

    @given(ids)
    def test_is_never_altered(self, value: str):
        assert read(id=value).id == value


class TestTitle:
    @pytest.mark.parametrize("value", [None, "", " ", "\n\t\u00a0", "\u200f\u202b\u202c", "\ufeff", "\x00", "…"])
    def test_blank_is_refused(self, value: object):
        assert reason({**MINIMAL, "title": value}) == "blank_title"

    @pytest.mark.parametrize("value", [1, ["عنوان"], b"x", True])
    def test_must_be_text(self, value: object):
        assert reason({**MINIMAL, "title": value}) == "bad_type"

    def test_stands_on_one_line(self):
        assert read(title="  خبر\n\tعاجل  ").title == "خبر عاجل"


class TestText:
    @pytest.mark.parametrize("name", TEXTS)
    @pytest.mark.parametrize("value", [1, ["x"], {"a": 1}, False, b"x"])
    def test_must_be_text(self, name: str, value: object):
        assert reason({**MINIMAL, name: value}) == "bad_type"

    @pytest.mark.parametrize("name", TEXTS)
    def test_bidi_marks_stay(self, name: str):
        assert getattr(read(**{name: BIDI}), name) == BIDI

    @pytest.mark.parametrize("name", TEXTS)
    def test_nul_goes(self, name: str):
        assert getattr(read(**{name: "a\x00b"}), name) == "ab"

    @pytest.mark.parametrize("name", TEXTS)
    def test_a_lone_surrogate_becomes_a_replacement_character(self, name: str):
        assert getattr(read(**{name: "a\ud83db"}), name) == "a\ufffdb"

    def test_two_surrogates_that_belong_together_become_their_letter(self):
        assert read(body=json.loads(r'"\ud83d\ude00"') + "\ud83d\x00\ude00").body == "😀😀"

    @pytest.mark.parametrize("name", LABELS)
    def test_a_blank_label_is_no_label(self, name: str):
        article = read(**{name: " \n"})
        assert getattr(article, name) is None
        assert name not in article.to_record()

    def test_a_body_keeps_its_lines(self):
        assert read(body="سطر\n\nسطر ").body == "سطر\n\nسطر "


class TestLabels:
    @pytest.mark.parametrize("name", ["tags", "links"])
    def test_are_distinct_and_not_blank_in_their_order(self, name: str):
        assert getattr(read(**{name: ["ب", " أ ", "ب", "", " "]}), name) == ("ب", "أ")

    @pytest.mark.parametrize("name", ["tags", "links"])
    @pytest.mark.parametrize("value", ["كأس", 1, {"a": 1}, [1], [None], [["x"]]])
    def test_must_be_a_list_of_strings(self, name: str, value: object):
        assert reason({**MINIMAL, name: value}) == "bad_type"


class TestTime:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23t10:00:00z", "2026-11-23T10:00:00Z"),
            ("2026-11-23 10:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00Z"),
            ("2026-11-23T10:00:00-0330", "2026-11-23T13:30:00Z"),
            ("2026-11-23T10:00:00+03", "2026-11-23T07:00:00Z"),
            ("2026-11-23T10:00:00-00:00", "2026-11-23T10:00:00Z"),
            ("2026-11-23T00:30:00+01:00", "2026-11-22T23:30:00Z"),
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("2026-11-23T10:00", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00", "2026-11-23T10:00:00Z"),
            (" 2026-11-23T10:00:00Z\n", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00.5Z", "2026-11-23T10:00:00.500000Z"),
            ("2026-11-23T10:00:00.25Z", "2026-11-23T10:00:00.250000Z"),
            ("2026-11-23T10:00:00,123456Z", "2026-11-23T10:00:00.123456Z"),
            ("2026-11-23T10:00:00.123456789Z", "2026-11-23T10:00:00.123456Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("0001-01-01", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ],
    )
    def test_is_read_into_utc(self, text: str, expected: str):
        assert format_time(parse_time(text)) == expected
        assert parse_time(text).tzinfo is UTC

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "yesterday",
            "2026",
            "2026-11",
            "20261123",
            "2026-13-01",
            "2023-02-29",
            "2026-11-23T25:00:00Z",
            "2026-11-23T10:60:00Z",
            "2026-11-23T10:00:61Z",
            "2026-11-23T10:00:00+25:00",
            "2026-11-23T10:00:00Z extra",
            "2026-11-23T10Z",
            "23/11/2026",
            "2026-W48-1",
            "1763892000",
            "٢٠٢٦-١١-٢٣",
            "0000-01-01",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-11-23T10:00:00.1234567890Z",
        ],
    )
    def test_that_is_none_is_refused(self, text: str):
        with pytest.raises(ValueError, match=r"."):
            parse_time(text)
        if text:
            assert reason({**MINIMAL, "published_at": text}) == "bad_time"
            assert reason({**MINIMAL, "expires_at": text}) == "bad_time"

    @pytest.mark.parametrize("value", [1763892000, 1.5, ["2026-11-23"], True])
    def test_must_be_text(self, value: object):
        assert reason({**MINIMAL, "published_at": value}) == "bad_type"

    @pytest.mark.parametrize("value", [None, "", "  "])
    def test_absent_is_unknown(self, value: object):
        assert read(published_at=value).published_at is None

    @given(any_text)
    def test_any_text_is_a_time_or_refused(self, text: str):
        try:
            moment = parse_time(text)
        except ValueError:
            return
        assert parse_time(format_time(moment)) == moment

    @given(times)
    def test_written_and_read_is_the_same(self, text: str):
        moment = parse_time(text)
        assert moment == datetime.fromisoformat(text)
        assert parse_time(format_time(moment)) == moment

    @given(moments)
    def test_microseconds_are_exact(self, moment: datetime):
        assert from_microseconds(to_microseconds(moment)) == moment

    @given(moments, moments)
    def test_microseconds_keep_the_order(self, one: datetime, other: datetime):
        assert (to_microseconds(one) < to_microseconds(other)) == (one < other)

    def test_microseconds_count_from_1970(self):
        assert to_microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000
        assert to_microseconds(datetime(1969, 12, 31, tzinfo=UTC)) == -86_400_000_000
