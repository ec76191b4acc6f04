"""Stemming: the forms of a word become one term."""

from __future__ import annotations

import pytest

from models.analysis.stemming import snowball

TERM = snowball()


@pytest.mark.parametrize(
    "forms",
    [
        ["الكتاب", "والكتاب", "بالكتاب", "كالكتاب", "فالكتاب", "للكتاب", "كتاب"],
        ["روسيا", "وروسيا"],
        ["مدرسه", "المدرسه", "والمدرسه"],
        ["الحكومه", "حكومه", "للحكومه"],
        ["العلاقات", "علاقات"],
        ["الرياض", "رياض", "بالرياض"],
    ],
)
def test_forms_of_a_word_are_one_term(forms: list[str]) -> None:
    assert len({TERM(form) for form in forms}) == 1


@pytest.mark.parametrize("word", ["2026", "cica", "3.5", "من", "ق"])
def test_numbers_foreign_and_short_words_stay(word: str) -> None:
    assert TERM(word) == word


@pytest.mark.parametrize("pair", [("لبنان", "لبن"), ("وزير", "وزن"), ("باريس", "ريس")])
def test_different_words_stay_apart(pair: tuple[str, str]) -> None:
    assert TERM(pair[0]) != TERM(pair[1])
