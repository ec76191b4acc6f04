"""Analyzer: the one door from text to terms."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import Analyzer, AnalyzerConfig

ANALYZER = Analyzer()
# what the analyzer makes of texts as pages have them, frozen after it was read through: odd stems are frozen too
CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:30])
def test_text_has_the_terms_that_it_had(case: dict[str, str]) -> None:
    assert " ".join(ANALYZER.terms(case["text"])) == case["terms"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("العلاقات بين روسيا وقطر", "علاقات روسيا قطر"),
        ("كأس العالم ٢٠٢٢", "وكأسُ العالَمِ 2022"),
        ("الرئيس تميم بن حمد آل ثاني", "رئيس تميم حمد ثاني"),
        ("الاحتلال الإسرائيلى فى الأرض", "احتلال اسرائيلي ارض"),
        ("ولكنها في المدرسة", "مدرسه"),
        ("السجن لــ«سنغاليين»", "سجن سنغاليين"),
    ],
)
def test_texts_of_one_meaning_have_the_same_terms(one: str, other: str) -> None:
    assert ANALYZER.terms(one) == ANALYZER.terms(other)


def test_stop_words_go_with_and_without_a_particle_before_them() -> None:
    assert ANALYZER.terms("وفي هذا ومن ذلك فهو على أن لها ولكن") == []


def test_surfaces_are_words_of_the_text() -> None:
    text = "قالت روسيا إن «العلاقاتِ» مع قطر جيدة، وروسيا ترحب. روسيا سعيدة"
    surfaces = ANALYZER.surfaces(text)
    assert set(ANALYZER.terms(text)) == set(surfaces)
    assert all(surface in text for surface in surfaces.values())
    assert surfaces[ANALYZER.terms("روسيا")[0]] == "روسيا"


def test_fingerprint_is_the_same_for_equal_analyzers_and_another_for_others() -> None:
    assert Analyzer().fingerprint() == ANALYZER.fingerprint()
    assert Analyzer(AnalyzerConfig(min_length=5)).fingerprint() != ANALYZER.fingerprint()


def test_analyzer_travels_to_other_processes_as_its_configuration() -> None:
    travelled = pickle.loads(pickle.dumps(Analyzer(AnalyzerConfig(min_length=4))))
    assert travelled.config == AnalyzerConfig(min_length=4)
    assert travelled.terms("بيت المدرسة") == Analyzer(AnalyzerConfig(min_length=4)).terms("بيت المدرسة")


@given(st.text())
def test_any_text_has_terms_and_each_has_a_surface_or_none(text: str) -> None:
    terms = ANALYZER.terms(text)
    assert all(terms)
    assert set(ANALYZER.surfaces(text)) <= set(terms) | set(ANALYZER.terms(" ".join(text)))
