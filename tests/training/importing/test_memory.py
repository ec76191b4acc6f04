"""What an import remembers counts once it is committed, and is one process's at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import StateError
from training.importing.memory import Memory, digest_of

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "news.memory"


def test_what_was_committed_is_there_the_next_time(file: Path) -> None:
    with Memory.opened(file) as memory:
        memory.keep("a", digest_of("أول"))
        memory.notes("feed")["seen"] = "1"
        memory.commit()
        memory.keep("a", digest_of("ثان"))
        memory.notes("feed")["seen"] = "2"
    with Memory.opened(file) as memory:
        assert memory.sent("a") == digest_of("أول")
        assert memory.sent("b") is None
        assert dict(memory.notes("feed")) == {"seen": "1"}


def test_what_was_not_committed_can_be_forgotten(file: Path) -> None:
    with Memory.opened(file) as memory:
        memory.keep("a", digest_of("خبر"))
        memory.rollback()
        assert memory.sent("a") is None
        memory.keep("b", digest_of("خبر"))
        memory.commit()
        memory.rollback()
        assert memory.sent("b") == digest_of("خبر")


def test_locations_have_notes_of_their_own() -> None:
    with Memory.opened(None) as memory:
        memory.notes("a")["key"] = "أ"
        memory.notes("b")["key"] = "ب"
        del memory.notes("a")["key"]
        assert dict(memory.notes("a")) == {}
        assert dict(memory.notes("b")) == {"key": "ب"}
        with pytest.raises(KeyError):
            del memory.notes("a")["key"]
        memory.clear()
        assert len(memory.notes("b")) == 0


@given(st.lists(st.tuples(TEXT, TEXT | st.none()), max_size=20))
def test_notes_are_a_mapping(changes: list[tuple[str, str | None]]) -> None:
    expected: dict[str, str] = {}
    with Memory.opened(None) as memory:
        notes = memory.notes("موقع")
        for key, value in changes:
            if value is None:
                assert notes.pop(key, None) == expected.pop(key, None)
            else:
                notes[key] = expected[key] = value
        assert dict(notes) == expected
        assert len(notes) == len(expected)


def test_only_one_import_uses_a_memory(file: Path) -> None:
    with Memory.opened(file), pytest.raises(StateError, match="another import is using it"), Memory.opened(file):
        pass


def test_what_is_no_memory_is_told(file: Path) -> None:
    file.write_text("هذا نص لا ذاكرة" * 100, encoding="utf-8")
    with pytest.raises(StateError, match="cannot use the memory"), Memory.opened(file):
        pass
    with pytest.raises(StateError, match="cannot use the memory"), Memory.opened(file / "nowhere"):
        pass


@given(TEXT, TEXT)
def test_digests_are_equal_when_records_are(one: str, other: str) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other)
