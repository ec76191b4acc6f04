"""models.explanation: the words that two articles share, as they stand in the article that the reader has open."""

from __future__ import annotations

from itertools import pairwise

import pytest

from models.artifact import Model
from models.explanation import MATCHED_TERMS, PHRASE_WORDS, MatchedTerm, SourceText, matched_terms
from models.index import cosine
from models.registry import Registry
from tests.support.newsroom import topic_records, train_into

DRAFTS = {
    "vowels": "عَوْدَةُ النَّوَارِسِ",
    "stretched": "عودة النـــوارس",
    "particle": "عودة والنوارس",
    "quoted": "عودة «النوارس».",
    "forms": "النوارس والنوارس والنوارس",
    "stranger": "فلك وبراكين",
}

# two reports whose readers know the names: written together in both, apart in one, in another order, across a full stop
REPORTS = {
    "one": (
        "الرئيس أيمن الدرويش يزور القرية",
        "<p>وصل الرئيس أيمن الدرويش إلى جبل الياسمين. الياقوت معروض.</p><p>وتشرف هيئة التراث والآثار على القلعة.</p>",
    ),
    "two": (
        "جبل الياسمين ينتظر الرئيس أيمن الدرويش",
        "قالت هيئة التراث: الآثار في خطر. جبل الياسمين الياقوت، ثم البحر تحت القلعة.",
    ),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The visible world with some headlines more."""
    artifacts = tmp_path_factory.mktemp("explanation") / "artifacts"
    drafts = [{"id": name, "title": title} for name, title in DRAFTS.items()]
    reports = [{"id": name, "title": title, "body": body} for name, (title, body) in REPORTS.items()]
    train_into(artifacts, [*topic_records(), *drafts, *reports])
    return Registry(artifacts).load_current()


def between(model: Model, source: str, other: str) -> list[MatchedTerm]:
    """What two articles share, in the words of the first."""
    index = model.index
    return of_rows(model, index.row_of(source), index.row_of(other))


def of_rows(model: Model, one: int, other: int) -> list[MatchedTerm]:
    index = model.index
    source, vectors = SourceText.of(model.analyzer, index.article(one)), (index.vector(one), index.vector(other))
    return matched_terms(model.analyzer, model.tfidf, source, index.article(other), *vectors)


def test_the_names_of_the_topic_are_among_the_words(model: Model):
    shown = " ".join(term.term for term in between(model, "football-1", "football-2"))
    assert {"النوارس", "حمدان"} <= set(shown.split())


def test_heaviest_first_and_few(model: Model):
    terms = between(model, "football-1", "football-1-copy")
    assert len(terms) == MATCHED_TERMS
    assert all(one.weight >= other.weight > 0 for one, other in pairwise(terms))


def test_the_weights_are_shares_of_the_cosine(model: Model):
    index = model.index
    for other in range(1, len(index)):
        terms = of_rows(model, 0, other)
        whole = cosine(index.vector(0), index.vector(other))
        assert sum(term.weight for term in terms) <= whole + 0.001
        if len(terms) < MATCHED_TERMS:
            assert sum(term.weight for term in terms) == pytest.approx(whole, abs=0.001)


def test_every_word_stands_in_the_source_as_it_is_shown(model: Model):
    index = model.index
    seen = 0
    for row in range(len(index)):
        source = index.article(row)
        text = "\n".join((source.title, source.body, *source.tags))
        for other in index.neighbours(row).rows.tolist():
            for term in of_rows(model, row, other):
                assert term.term in text
                seen += 1
    assert seen > 100


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("vowels", "النَّوَارِسِ"),
        ("stretched", "النـــوارس"),
        ("particle", "والنوارس"),
        ("quoted", "النوارس"),
    ],
)
def test_a_word_is_shown_as_the_source_writes_it(model: Model, source: str, word: str):
    assert word in [term.term for term in between(model, source, "football-2")]


def test_of_several_forms_the_commonest_is_shown(model: Model):
    assert "والنوارس" in [term.term for term in between(model, "forms", "football-2")]


def test_articles_without_a_word_in_common_share_nothing(model: Model):
    assert between(model, "stranger", "football-2") == []


def test_the_same_question_gets_the_same_words(model: Model):
    assert between(model, "water-1", "water-6") == between(model, "water-1", "water-6")


def test_a_name_of_several_words_is_one_entry_with_the_weight_of_all(model: Model):
    whole, *_ = between(model, "one", "two")
    assert whole.term == "الرئيس أيمن الدرويش"
    single = {term.term: term.weight for term in between(model, "one", "two")}
    assert not {"الرئيس", "أيمن", "الدرويش"} & single.keys()


def test_words_are_one_entry_only_where_both_texts_hold_them_together_in_that_order(model: Model):
    shown = [term.term for term in between(model, "one", "two")]
    assert "جبل الياسمين" in shown  # no further: a full stop stands before الياقوت
    assert "هيئة التراث" in shown  # and no further: the other text has the antiquities elsewhere


def test_a_name_has_few_words_and_no_term_counts_twice(model: Model):
    index = model.index
    for row in range(len(index)):
        for other in index.neighbours(row).rows.tolist():
            terms = of_rows(model, row, other)
            assert all(len(term.term.split()) <= PHRASE_WORDS for term in terms)
            assert sum(term.weight for term in terms) <= cosine(index.vector(row), index.vector(other)) + 0.001
