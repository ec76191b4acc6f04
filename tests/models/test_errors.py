"""models.errors: one tree, drawn in the docstring as it is in the code."""

from __future__ import annotations

import inspect
import re

import pytest

from models import errors
from models.errors import ArticleNotFound, FileRefused, ModelError, RecordError, SilahError, VersionNotFound

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
EXAMPLES = [
    RecordError("bad_id", "the id is no id"),
    ArticleNotFound("a/b"),
    VersionNotFound("../x"),
    FileRefused("v1", "idf.npy", "is missing"),
]


def drawn() -> dict[str, str]:
    """Name → name of the parent, read off the picture in the docstring."""
    above: list[str] = []
    parents: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"    ((?:[│ ]   )*(?:[├└]── )?)([A-Z]\w+)", line):
            depth = len(match[1]) // 4
            above[depth:] = [match[2]]
            parents[match[2]] = above[depth - 1] if depth else "Exception"
    return parents


def test_the_picture_shows_the_tree():
    assert drawn() == {kind.__name__: kind.__base__.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_caught_at_the_root(kind: type[Exception]):
    assert issubclass(kind, SilahError)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_says_one_sentence_on_one_line(error: SilahError):
    assert str(error)
    assert "\n" not in str(error)


def test_an_error_carries_what_it_is_about():
    assert RecordError("bad_id", "…").reason == "bad_id"
    assert ArticleNotFound("a/b").article_id == "a/b"
    assert VersionNotFound("v1").version == "v1"
    refusal = FileRefused("v1", "idf.npy", "is missing")
    assert isinstance(refusal, ModelError)
    assert (refusal.file, str(refusal)) == ("idf.npy", "model version 'v1' refused: idf.npy is missing")


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "\ud800"])
def test_a_hostile_name_cannot_break_the_sentence(name: str):
    for error in (ArticleNotFound(name), VersionNotFound(name)):
        assert str(error).isprintable()
        str(error).encode()
