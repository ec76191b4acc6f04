"""service.intake: what is taken of a batch of events, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from models.article import MAX_ID_LENGTH, format_time, from_microseconds
from models.interaction import Act, Interaction, from_payload, to_payload
from models.popularity import BUCKET, ReadingRules
from service.intake import AHEAD, Taken, take

NOW = 1_795_000_000_000_000
RULES = ReadingRules()
OLDEST = RULES.first_counted(NOW) * BUCKET


def taken(*events: Any, most: int = 1000) -> Taken:
    return take(json.dumps({"events": events}).encode(), most, NOW, RULES, len)


def one(**members: Any) -> dict[str, Any]:
    return {"type": "read", "article_id": "1", **members}


def time(at: int) -> str:
    return format_time(from_microseconds(at))


def refused(found: Taken) -> list[tuple[int, str]]:
    return [(refusal.event, refusal.reason) for refusal in found.refusals]


def test_an_event_with_everything() -> None:
    event = {
        "type": "click",
        "article_id": "أخبار/98",
        "source_id": "خبر-١",
        "request_id": "5f0c8e6b1d2a4c3e9f708192",
        "position": 3,
        "reader": "r-7d1f",
        "at": time(NOW - 1),
    }
    expected = Interaction(Act.CLICK, "أخبار/98", NOW - 1, 6, "خبر-١", "5f0c8e6b1d2a4c3e9f708192", 3)
    assert taken(event) == Taken([expected], [])


@pytest.mark.parametrize("absent", [{}, {"at": None, "reader": None, "source_id": None, "position": None}])
def test_an_event_with_little_is_of_now(absent: dict[str, None]) -> None:
    assert taken(one(**absent)).interactions == [Interaction(Act.READ, "1", NOW)]


def test_an_empty_reader_is_nobody() -> None:
    assert taken(one(reader="")).interactions[0].reader is None


def test_numbers_are_taken_as_their_text_and_unknown_members_passed_over() -> None:
    (found,) = taken(one(article_id=98, source_id=7, reader=123456, colour="أحمر")).interactions
    assert (found.article_id, found.source_id, found.reader) == ("98", "7", 6)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (time(NOW - 5_000_000), NOW - 5_000_000),
        (from_microseconds(NOW - 7).astimezone(timezone(timedelta(hours=3))).isoformat(), NOW - 7),
        (from_microseconds(NOW - 7).replace(tzinfo=None).isoformat(), NOW - 7),
        (time(NOW + AHEAD), NOW),  # a clock that is fast
        (time(OLDEST), OLDEST),
    ],
)
def test_times_are_read_in_utc_and_no_later_than_now(at: str, expected: int) -> None:
    assert taken(one(at=at)).interactions[0].at == expected


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (NOW + AHEAD + 1, "future"),
        (OLDEST - 1, "too-old"),
        (0, "too-old"),
        ((datetime(9999, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1), "future"),
    ],
)
def test_other_times_are_refused(at: int, reason: str) -> None:
    found = taken(one(), one(at=time(at)), one())
    assert refused(found) == [(1, reason)]
    assert len(found.interactions) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "like"},
        {"type": None},
        {"article_id": ""},
        {"article_id": None},
        {"article_id": "ا" * (MAX_ID_LENGTH + 1)},
        {"article_id": "a\u0007"},
        {"article_id": ["a"]},
        {"source_id": "a\n"},
        {"position": 0},
        {"position": "first"},
        {"reader": "ق" * 513},
        {"reader": {"id": 1}},
        {"request_id": "a" * 65},
        {"at": "yesterday"},
    ],
)
def test_what_is_wrong_with_an_event_keeps_out_that_event_alone(wrong: dict[str, Any]) -> None:
    found = taken(one(article_id="أ"), {**one(), **wrong}, one(article_id="ب"))
    assert [event.article_id for event in found.interactions] == ["أ", "ب"]
    (refusal,) = found.refusals
    assert (refusal.event, refusal.reason) == (1, "invalid")
    assert refusal.msg.startswith(f"{next(iter(wrong))}: ")


def test_an_answer_counts_by_reason_in_the_order_of_the_batch() -> None:
    found = taken(one(at=time(0)), one(), one(type="x"), 7, one(at=time(0)))
    answer = found.answer()
    assert (answer["taken"], answer["refused"]) == (1, 4)
    assert answer["reasons"] == {"invalid": 2, "too-old": 2}
    assert [refusal["event"] for refusal in answer["refusals"]] == [0, 2, 3, 4]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", ("body",)),
        (b"{", ("body",)),
        (b"\xff\xfe", ("body",)),
        (b"[]", ("body",)),
        (b"{}", ("body", "events")),
        (b'{"events": 7}', ("body", "events")),
        (b'{"events": [{"type": "read", "article_id": "\\ud800"}]}', ("body",)),
        (json.dumps({"events": [one()] * 4}).encode(), ("body", "events")),
        (json.dumps({"events": [7] * 4}).encode(), ("body", "events")),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(body: bytes, where: Sequence[str]) -> None:
    with pytest.raises(RequestValidationError) as caught:
        take(body, 3, NOW, RULES, len)
    (error,) = caught.value.errors()
    assert error["loc"] == where


def test_an_empty_batch_is_taken() -> None:
    assert taken().answer() == {"taken": 0, "refused": 0, "reasons": {}, "refusals": []}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["read", "click", "impression"]) | ANYTHING, "article_id": st.text(max_size=5) | ANYTHING},
    optional=dict.fromkeys(("source_id", "request_id", "position", "reader", "at"), ANYTHING),
)


@given(st.lists(EVENTS | ANYTHING, max_size=6))
def test_each_event_is_taken_or_refused_and_what_is_taken_can_be_written_down(events: list[Any]) -> None:
    try:
        found = taken(*events)
    except RequestValidationError:
        return  # a lone surrogate: the body is no JSON of Unicode
    assert len(found.interactions) + len(found.refusals) == len(events)
    assert from_payload(to_payload(found.interactions)) == found.interactions
    assert all(OLDEST <= interaction.at <= NOW for interaction in found.interactions)
