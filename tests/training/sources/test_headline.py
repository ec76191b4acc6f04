"""A headline is a whole thought, or stops where one ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.sources.headline import ELLIPSIS, MAX_LETTERS
from training.sources.pagetext import formed_title
from training.sources.patterns import PagePatterns

LONG_NAMES = (
    "أكدت رئيسة بلدية مرسى الزيتون ليلى بن يوسف وأمين الميناء سالم بن راشد البحري خلال لقائهما اليوم أن الجسر متين"
)
QUOTED = (
    "قال المهندس المشرف على الجسر الجديد في المدينة القديمة «إن الأشغال التي بدأت قبل عامين كاملين ستنتهي غدا» بلا شك"
)
PATTERNS = PagePatterns.load()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("افتتحت البلدية الجسر الجديد. وقال المهندس إنه متين.", "افتتحت البلدية الجسر الجديد"),
        ("افتتحت البلدية الجسر الجديد.وقال المهندس إنه متين.", "افتتحت البلدية الجسر الجديد"),
        ("هل يعود الترام إلى المدينة؟ سؤال قديم.", "هل يعود الترام إلى المدينة؟"),
        ("ارتفع السعر 2.5 بالمئة في السوق. وتراجع بعدها.", "ارتفع السعر 2.5 بالمئة في السوق"),
        ("مرسى الزيتون - الضحى اليوم: افتتحت البلدية الجسر.", "افتتحت البلدية الجسر"),
        ("قصر النخيل (الأفق) - افتتحت البلدية الجسر.", "افتتحت البلدية الجسر"),
        ("رئيسة البلدية: الجسر متين. وقالت أيضا.", "رئيسة البلدية: الجسر متين"),
        ("• افتتحت البلدية الجسر الجديد", "افتتحت البلدية الجسر الجديد"),
    ],
)
def test_first_sentence_is_the_title(text: str, title: str) -> None:
    assert formed_title(text, PATTERNS) == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            LONG_NAMES,
            "أكدت رئيسة بلدية مرسى الزيتون ليلى بن يوسف وأمين الميناء سالم بن راشد البحري…",
        ),
        (
            QUOTED,
            "قال المهندس المشرف على الجسر الجديد في المدينة القديمة…",
        ),
        (
            "تعود المحادثات الطويلة بين البلدية وشركة القوارب والصيادين والبحارة والتجار والنقابات والجمعيات غدا",
            "تعود المحادثات الطويلة بين البلدية وشركة القوارب والصيادين والبحارة والتجار والنقابات…",
        ),
    ],
)
def test_long_sentence_stops_where_a_phrase_ends(text: str, title: str) -> None:
    assert formed_title(text, PATTERNS) == title


def test_word_without_end_is_cut() -> None:
    assert formed_title("ا" * 500, PATTERNS) == "ا" * (MAX_LETTERS - 1) + ELLIPSIS


@given(st.text(alphabet='ابتث في،.؟"«»() -:', min_size=1, max_size=300).filter(lambda text: bool(text.split())))
def test_title_is_never_longer_than_a_headline(text: str) -> None:
    title = formed_title(" ".join(text.split()), PATTERNS)
    assert len(title) <= MAX_LETTERS
