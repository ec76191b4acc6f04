"""Lexicon: many texts at once have the terms that the analyzer finds in each alone, whatever was read before."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import Analyzer, AnalyzerConfig
from models.analysis.analyzer import PROBE, PROBE_PAGE
from training.lexicon import Lexicon

ANALYZER = Analyzer(AnalyzerConfig(variants=(("بنك النيل الأزرق", "النيلين"),)))
WORDS = [
    *PROBE.split(),
    *PROBE_PAGE.split(),
    *("عبد", "الله", "فيس", "بوك", "بنك", "النيل", "الأزرق", "1,200.5", "1,20", "3.5.", ".7", "12,", "u.s.", "a.b"),
    *(
        "😀",
        "كتاب😀",
        "\ufeffكتاب",
        "ﷺ",
        "ΟΔΟΣ",
        "Σ",
        "İstanbul",
        "ǅ",
        "²",
        "½",
        "١٬٢٠٠",
        "٣٫٥",
        "x\0y",
        "\0",
        "\ud800",
    ),
    *("&amp;", "www.example.com/أخبار", "a@example.com", "العراق،إيران", "كو\u0651فيد19", "_x_", "٣كتاب", "۲۰۲۳م"),
]


def terms_of_each(lexicon: Lexicon, texts: Sequence[str]) -> list[list[str]]:
    found = lexicon.read(texts)
    ends = found.lengths.cumsum()
    assert len(found.numbers) == found.lengths.sum()
    assert [*dict.fromkeys(found.numbers.tolist())] == [*range(len(found.terms))]  # in order of appearance
    return [
        [found.terms[number] for number in found.numbers[end - length : end].tolist()]
        for end, length in zip(ends.tolist(), found.lengths.tolist(), strict=True)
    ]


texts_of_words = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), max_size=5)


@given(st.lists(texts_of_words, min_size=1, max_size=3))
def test_texts_have_the_terms_of_each_alone(blocks: list[list[str]]) -> None:
    lexicon = Lexicon(ANALYZER)
    for texts in blocks:
        assert terms_of_each(lexicon, texts) == [ANALYZER.terms(text) for text in texts]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_texts_of_any_characters_have_the_terms_of_each_alone(texts: list[str]) -> None:
    assert terms_of_each(Lexicon(ANALYZER), texts) == [ANALYZER.terms(text) for text in texts]


@pytest.mark.parametrize("most_words", [0, 3])
def test_beginning_anew_changes_nothing(most_words: int) -> None:
    lexicon = Lexicon(ANALYZER, most_words)
    for text in (PROBE, PROBE_PAGE, PROBE):
        assert terms_of_each(lexicon, [text]) == [ANALYZER.terms(text)]


def test_threads_that_share_it_get_what_each_gets_alone() -> None:
    before = sys.getswitchinterval()
    texts = [" ".join(f"{word}{number}" for word in WORDS[: 20 + number]) for number in range(40)]
    lexicon = Lexicon(ANALYZER, most_words=300)  # begins anew again and again
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda text: terms_of_each(lexicon, [text]), texts * 3))
    finally:
        sys.setswitchinterval(before)
    assert found == [[ANALYZER.terms(text)] for text in texts] * 3


def test_thousands_of_words_keep_their_terms() -> None:
    texts = [" ".join(f"{word}{letter}" for letter in "بتثجحخدذرز") for word in map(str, range(2000))]
    texts = [text.translate(str.maketrans("0123456789", "ابتجدرسعفق")) for text in texts]
    lexicon = Lexicon(ANALYZER)
    for _ in range(2):
        for first in range(0, len(texts), 700):
            part = texts[first : first + 700]
            assert terms_of_each(lexicon, part) == [ANALYZER.terms(text) for text in part]
