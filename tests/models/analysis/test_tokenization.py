"""Tokenization: runs of letters and numbers, whatever is glued to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.normalization import normalize
from models.analysis.tokenization import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("تتطور بنجاح.وقال الرئيس", ["تتطور", "بنجاح", "وقال", "الرئيس"]),
        ('الدعم لها".من جهته', ["الدعم", "لها", "من", "جهته"]),
        ('مؤتمر"التفاعل', ["مؤتمر", "التفاعل"]),
        ("17-19 يناير", ["17", "19", "يناير"]),
        ("(سيكا) CICA", ["سيكا", "cica"]),
        ("COVID-19 وكوفيد19", ["covid", "19", "وكوفيد", "19"]),
        ("3.5 مليون و٣٫٥ مليون", ["3.5", "مليون", "و", "3.5", "مليون"]),
        ("١٬٢٠٠ و1,200 و1200", ["1200", "و", "1200", "و", "1200"]),
        ("بنسبة ١٤%", ["بنسبه", "14"]),
        ("لـ891 حالة", ["ل", "891", "حاله"]),
        ("كأسُ العالَمِ", ["كاس", "العالم"]),
        ("10,5 درجات", ["10,5", "درجات"]),
        ("…؟!", []),
        ("", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(normalize(text)) == tokens


@given(st.text())
def test_tokens_hold_letters_or_digits_never_both(text: str) -> None:
    for token in tokenize(normalize(text)):
        assert token
        assert token.isalpha() or not any(letter.isalpha() for letter in token)
