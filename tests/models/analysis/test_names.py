"""Names: spellings of a name meet in one term, names do not meet other words, and a site adds its own."""

from __future__ import annotations

import re

import pytest

from models.analysis import Analyzer, AnalyzerConfig
from models.analysis.names import shipped_variants, words

ANALYZER = Analyzer()
PARTICLES = ("و", "ف", "ب", "ل", "ك", "ول")
ARTICLES = ("ال", "وال", "بال", "لل")


@pytest.mark.parametrize("group", shipped_variants(), ids=lambda group: group[0])
def test_spellings_of_a_line_are_one_term_alone_and_behind_particles(group: tuple[str, ...]) -> None:
    wanted = ANALYZER.terms(group[0])
    assert len(wanted) == 1
    for spelling in group:
        assert ANALYZER.terms(spelling) == wanted
        if re.match("[ء-ي]{2}", spelling):
            assert all(ANALYZER.terms(particle + spelling) == wanted for particle in PARTICLES)
            assert all(ANALYZER.terms(article + spelling) == wanted for article in ARTICLES)


def test_no_spelling_stands_in_two_lines() -> None:
    spellings = [spelling for group in shipped_variants() for spelling in {words(member) for member in group}]
    assert len(spellings) == len(set(spellings)) > 300
    assert all(len({words(member) for member in group}) == len(group) for group in shipped_variants())


@pytest.mark.parametrize(
    "forms",
    [
        "روسيا الروسي الروسية والروس روسيين لروسيا",
        "تركيا تركي التركية الأتراك وبتركيا",
        "أمريكا أميركا الأميركية الأمريكيين وأميركي",
        "أوكرانيا الأوكرانية أوكراني والأوكرانيين",
        "إيران الإيراني والإيرانيين لإيران",
        "الرياض بالرياض للرياض والرياض",
        "بلينكن وبلينكن لبلينكن",
        "مسؤول مسئول المسؤولين للمسئولين",
        "الحوثي الحوثيين والحوثيون",
    ],
)
def test_what_is_formed_of_a_name_shares_its_term(forms: str) -> None:
    assert len(set(ANALYZER.terms(forms))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("الرياض", "الرياضة"),
        ("سعود", "السعودية"),
        ("الحوثيين", "البحوث"),
        ("بشار", "شارك"),
        ("مالك", "المال"),
        ("زياد", "زيادة"),
        ("طالبان", "طالب"),
        ("بلينكن", "لين"),
        ("عمان", "عم"),
        ("حزيران", "حزير"),
        ("كورونا", "كور"),
        ("باريس", "ريس"),
    ],
)
def test_names_and_other_words_stay_apart(one: str, other: str) -> None:
    assert ANALYZER.terms(one) != ANALYZER.terms(other)


def test_longest_spelling_of_several_words_is_taken_and_its_words_stand_together_on_the_surface() -> None:
    text = "كوفيد-19 على فيس بوك في أبو ظبي"
    assert ANALYZER.terms(text) == ANALYZER.terms("كورونا فيسبوك أبوظبي")
    assert set(ANALYZER.surfaces(text).values()) == {"كوفيد 19", "فيس بوك", "أبو ظبي"}
    assert ANALYZER.terms("سان فرانسيسكو") != ANALYZER.terms("سان بطرسبرغ")


def test_servant_names_are_one_word_however_they_are_written() -> None:
    assert ANALYZER.terms("عبد الرحمن وعبد العزيز") == ANALYZER.terms("عبدالرحمن وعبدالعزيز")
    assert len(ANALYZER.terms("عبد الرحمن")) == 1
    assert len(ANALYZER.terms("عبد ربه منصور")) == 3
    assert ANALYZER.terms("قال العبد") == ANALYZER.terms("عبد")


def test_site_adds_names_and_spellings() -> None:
    site = Analyzer(AnalyzerConfig(names=("مرسى الزيتون",), variants=(("ليندمان", "لندمان"), ("نتنياهو", "بيبي"))))
    assert len(set(site.terms("ليندمان ولندمان لليندمان"))) == 1
    assert site.terms("وبيبي") == site.terms("نتانياهو")
    assert site.fingerprint() != ANALYZER.fingerprint()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"names": ("…",)}, "holds no word"),
        ({"variants": (("وحيد",),)}, "two spellings or more"),
        ({"variants": (("وحيد", "!"),)}, "two spellings or more"),
        ({"variants": (("نتنياهو", "ماكرون"), ("بوتين", "نتنياهو"))}, "different names"),
    ],
)  # fmt: skip
def test_bad_lines_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AnalyzerConfig(**settings)
