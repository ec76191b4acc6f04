"""Normalization: one spelling for what an Arabic reader reads as the same letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.normalization import normalize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("إيمان", "ايمان"),
        ("آمنة", "امنه"),
        ("ٱلله", "الله"),
        ("مستشفى", "مستشفي"),
        ("مدرسة", "مدرسه"),
        ("العِراقُ", "العراق"),
        ("الســـعودية", "السعوديه"),
        ("\u200fالرياض\u200e", "الرياض"),
        ("ایران", "ايران"),
        ("کتاب", "كتاب"),
        ("ﻻ", "لا"),
        ("ﷲ", "الله"),
        ("ڤيينا", "فيينا"),
        ("٢٠٢٦", "2026"),
        ("۲۰۲۶", "2026"),
        ("२०२६", "2026"),
        ("٣٫٥", "3.5"),
        ("١٬٢٠٠", "1,200"),
        ("COVID", "covid"),
        ("كورو\u00adنا", "كورونا"),
    ],
)
def test_spellings_of_one_word_meet(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(("one", "other"), [("مسؤول", "مسئول"), ("سماء", "سما"), ("قرآن", "قران ")])
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@given(st.lists(st.characters() | st.sampled_from("أإىةًـ٣\u200f\ud800"), min_size=1, max_size=9))
def test_long_texts_are_spelled_as_short_ones(letters: list[str]) -> None:
    words = "".join(letters).split()
    assert normalize(" ".join(words * 150)) == " ".join([normalize(word) for word in words] * 150)
