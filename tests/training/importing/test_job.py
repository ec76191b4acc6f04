"""An import sends on what is new or changed, once, whatever is broken off on the way."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.errors import RecordError, SourceError, StateError
from training.importing.job import AT_ONCE, Import, ImportSummary
from training.importing.memory import Memory
from training.progress import Silent
from training.sources import SourceRecord

Told = dict[str, Any]


class Shelf:
    """A target that keeps what it was told last; it may refuse an article, or be away from some call on."""

    def __init__(self, refused: str | None = None) -> None:
        self.held: dict[str, str | None] = {}
        self.calls = self.flushed = 0
        self.away_after: int | None = None
        self.full = False
        self._refused = refused

    def put(self, article: Article) -> None:
        self._called()
        if article.id == self._refused:
            raise RecordError("invalid_input", "لا")
        self.held[article.id] = article.title

    def delete(self, article_id: str) -> None:
        self._called()
        self.held[article_id] = None

    def flush(self) -> None:
        if self.full:
            raise StateError("ممتلئ")
        self.flushed += 1

    def _called(self) -> None:
        if self.calls == self.away_after:
            raise StateError("غائب")
        self.calls += 1


def record(number: int | str, title: str = "خبر") -> Told:
    return {"id": str(number), "title": title}


def imported(
    sources: Mapping[str, list[Told | RecordError | SourceError]], target: Shelf, memory: Memory
) -> tuple[ImportSummary, list[Told]]:
    def open_one(location: str, notes: MutableMapping[str, str]) -> Iterator[SourceRecord]:
        for line, value in enumerate(sources[location], 1):
            if isinstance(value, SourceError):
                raise value
            yield SourceRecord(location, line, value)
            notes["at"] = str(line)

    rejects = io.StringIO()
    summary = Import([*sources], open_one, target, memory, lambda: 0.0).run(rejects, Silent())
    return summary, [json.loads(line) for line in rejects.getvalue().splitlines()]


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.opened(None) as memory:
        yield memory


def test_only_what_is_new_or_changed_is_sent(memory: Memory) -> None:
    shelf = Shelf()
    first, _ = imported({"a": [record(1), record(2)], "b": [record(3)]}, shelf, memory)
    assert (first.records, first.new, first.unchanged) == (3, 3, 0)
    second, _ = imported({"a": [record(1), record(2, "آخر")], "b": [record(3), record(4)]}, shelf, memory)
    assert (second.new, second.changed, second.unchanged) == (1, 1, 2)
    assert shelf.calls == 5
    assert shelf.held == {"1": "خبر", "2": "آخر", "3": "خبر", "4": "خبر"}


def test_a_deletion_is_sent_once_and_what_comes_again_after_it(memory: Memory) -> None:
    shelf, gone = Shelf(), {"id": "1", "deleted": True}
    assert imported({"a": [record(1), gone, gone]}, shelf, memory)[0].deleted == 1
    assert shelf.held == {"1": None}
    assert imported({"a": [record(1)]}, shelf, memory)[0].changed == 1
    assert shelf.held == {"1": "خبر"}


def test_bad_records_are_told_with_their_place(memory: Memory) -> None:
    bad = RecordError("no_article", "ليست خبرا")
    summary, rejects = imported({"a": [record(1), bad, {"id": 2, "nothing": 1}, record(3)]}, Shelf(), memory)
    assert (summary.new, summary.rejected, dict(summary.reasons)) == (2, 2, {"no_article": 1, "blank_title": 1})
    assert [(one["source"], one["line"], one["reason"]) for one in rejects] == [
        ("a", 2, "no_article"),
        ("a", 3, "blank_title"),
    ]


def test_what_the_target_refuses_is_told_and_not_sent_again_until_it_changes(memory: Memory) -> None:
    shelf = Shelf(refused="2")
    summary, rejects = imported({"a": [record(1), record(2), record(3)]}, shelf, memory)
    assert (summary.new, dict(summary.reasons)) == (2, {"invalid_input": 1})
    assert [(one["line"], one["reason"]) for one in rejects] == [(2, "invalid_input")]
    assert imported({"a": [record(1), record(2), record(3)]}, shelf, memory)[0].unchanged == 3
    assert imported({"a": [record(2, "آخر")]}, shelf, memory)[0].rejected == 1


def test_a_location_that_breaks_off_does_not_keep_the_others_from_being_read(memory: Memory) -> None:
    summary, _ = imported(
        {"postgresql://u:secret@h/db": [record(1), SourceError("انقطع"), record(2)], "b": [record(3)]}, Shelf(), memory
    )
    assert summary.new == 2
    assert list(summary.failed.values()) == ["انقطع"]
    assert "secret" not in next(iter(summary.failed))
    assert memory.notes("b")["at"] == "1"


def test_it_commits_on_the_way(memory: Memory) -> None:
    shelf = Shelf()
    shelf.away_after = 2 * AT_ONCE + 10
    with pytest.raises(StateError):
        imported({"a": [record(number) for number in range(3 * AT_ONCE)]}, shelf, memory)
    assert shelf.flushed == 2
    assert memory.notes("a")["at"] == str(2 * AT_ONCE - 1)
    shelf.away_after = None
    summary, _ = imported({"a": [record(number) for number in range(3 * AT_ONCE)]}, shelf, memory)
    assert (summary.unchanged, summary.new) == (2 * AT_ONCE, AT_ONCE)


def test_what_could_not_be_made_durable_is_sent_again(memory: Memory) -> None:
    shelf = Shelf()
    shelf.full = True
    with pytest.raises(StateError):
        imported({"a": [record(1)]}, shelf, memory)
    assert not memory.notes("a")
    shelf.full = False
    assert imported({"a": [record(1)]}, shelf, memory)[0].new == 1


def test_a_run_that_is_stopped_leaves_the_rest_for_the_next(memory: Memory) -> None:
    shelf = Shelf()

    def open_one(location: str, notes: MutableMapping[str, str]) -> Iterator[SourceRecord]:
        yield from (SourceRecord(location, line, record(line)) for line in range(1, 10))

    stopped = Import(["a", "b"], open_one, shelf, memory, lambda: 0.0, lambda: shelf.calls >= 3)
    assert stopped.run(io.StringIO(), Silent()).new == 3
    assert Import(["a"], open_one, shelf, memory, lambda: 0.0).run(io.StringIO(), Silent()).new == 6


def test_a_run_of_bad_records_can_be_stopped_and_is_committed(memory: Memory) -> None:
    shelf, asked = Shelf(), list[int]()

    def open_one(location: str, notes: MutableMapping[str, str]) -> Iterator[SourceRecord]:
        for line in range(1, 5 * AT_ONCE):
            asked.append(line)
            yield SourceRecord(location, line, RecordError("no_article", "لا"))

    stopped = Import(["a"], open_one, shelf, memory, lambda: 0.0, lambda: len(asked) > 2 * AT_ONCE)
    assert stopped.run(io.StringIO(), Silent()).rejected == len(asked) == 2 * AT_ONCE + 1
    assert shelf.flushed == 3


def test_what_a_target_took_before_it_was_away_is_sent_again_even_if_it_is_as_it_was_once(memory: Memory) -> None:
    shelf = Shelf()
    imported({"a": [record(1, "أول")]}, shelf, memory)
    shelf.away_after = shelf.calls + 1
    with pytest.raises(StateError):
        imported({"a": [record(1, "ثان"), record(2)]}, shelf, memory)
    shelf.away_after = None
    imported({"a": [record(1, "أول"), record(2)]}, shelf, memory)
    assert shelf.held == {"1": "أول", "2": "خبر"}


STEPS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["خبر", "آخر", None]))),
        st.none() | st.integers(0, 4),
    ),
    max_size=6,
)


@given(STEPS)
def test_whenever_it_is_broken_off_the_next_whole_run_brings_everything(steps: list[Any]) -> None:
    shelf, said = Shelf(), dict[str, str | None]()
    with Memory.opened(None) as memory:
        for changes, lasts in [*steps, ([], None)]:
            said.update(changes)
            told = [
                {"id": one, "deleted": True} if title is None else record(one, title) for one, title in said.items()
            ]
            shelf.away_after = None if lasts is None else shelf.calls + lasts
            try:
                imported({"a": told}, shelf, memory)
            except StateError:
                continue
            assert shelf.held == said
