"""What is remembered of an address says whether it is to be asked for again."""

from __future__ import annotations

import pytest

from training.sources.document import Document
from training.sources.fetching import Answer, Validators
from training.sources.visits import Visit, recall, remember

URL = "https://site.example/a"


def answer(date: str | None = "Tue, 24 Nov 2026 09:00:00 GMT") -> Answer:
    return Answer(Document(b"", "a"), {"date": date} if date else {}, Validators('"e"', "lm"))


def test_a_visit_is_recalled_as_it_was() -> None:
    memory: dict[str, str] = {}
    assert recall(memory, URL) == Visit()
    remember(memory, URL, answer(), "2026-11-24")
    assert recall(memory, URL) == Visit('"e"', "lm", "2026-11-24", "2026-11-24T09:00:00Z")
    assert recall(memory, URL).validators == Validators('"e"', "lm")
    assert recall(memory, f"{URL}b") == Visit()


def test_passwords_are_not_kept() -> None:
    memory: dict[str, str] = {}
    url = "https://editor:hunter2@site.example/feed?token=geheim"
    remember(memory, url, answer())
    assert "hunter2" not in str(memory)
    assert "geheim" not in str(memory)
    assert recall(memory, url).etag == '"e"'
    assert recall(memory, url.replace("geheim", "other")) == Visit()


@pytest.mark.parametrize("spoilt", ["", "{", "[1]", "7", "null"])
def test_what_is_no_visit_says_nothing(spoilt: str) -> None:
    memory: dict[str, str] = {}
    remember(memory, URL, answer())
    assert recall(dict.fromkeys(memory, spoilt), URL) == Visit()


@pytest.mark.parametrize(
    ("before", "date", "now", "settled"),
    [
        ("2026-11-24T09:00:00Z", "Tue, 24 Nov 2026 09:00:00 GMT", "2026-11-24T09:00:00Z", True),
        ("2026-11-24T09:00:00Z", "Tue, 24 Nov 2026 09:00:00 GMT", "2026-11-24T09:30:00Z", False),
        ("2026-11-24", "Tue, 24 Nov 2026 09:00:00 GMT", "2026-11-24", False),  # more may have come that day
        ("2026-11-24", "Wed, 25 Nov 2026 00:00:01 GMT", "2026-11-24", True),
        ("2026-11-24", None, "2026-11-24", False),
        ("2026-11-24", "soon", "2026-11-24", False),
        ("", "Tue, 24 Nov 2026 09:00:00 GMT", "", False),
    ],
)
def test_a_time_of_change_settles_what_has_not_changed(before: str, date: str | None, now: str, settled: bool) -> None:
    memory: dict[str, str] = {}
    remember(memory, URL, answer(date), before)
    assert recall(memory, URL).settles(now) is settled
