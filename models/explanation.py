"""Explanation: the words that two articles share, as the reader sees them, names whole, heaviest first."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.analysis import Analyzer
from models.article import Article
from models.tfidf import SparseVector, TfidfModel

MATCHED_TERMS = 8
PHRASE_WORDS = 5
PHRASE_SHARE = 0.1  # a word of less weight beside the heaviest of a phrase is no part of its name

# where a name cannot go on: the end of a sentence, quotes, brackets, lines (not the point of a number), another clause
_BREAK = re.compile(
    r"[^\S \u00a0]|[«»\"“”()\[\]{}:;!?،؛؟…|/–—]|\s-\s|[.,](?!\d)|(?<!\d)[.,]"
    r"|(?<!\w)(?:[إأ]نه?ا?|الذي|التي|الذين|ثم|كما|حيث|لكن|قد|لم|لن)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class MatchedTerm:
    """A word, or several that stand together, in surface form, and its share of the cosine, 0 to 1."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of a text in which names may stand, and its terms."""

    piece: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceText:
    """The article that is read, made ready once for all that it is compared with.

    Attributes:
        runs: its pieces in which names may stand; ``surfaces``: term → the word as it stands there.
    """

    runs: Sequence[_Run]
    surfaces: Mapping[str, str]

    @classmethod
    def of(cls, analyzer: Analyzer, article: Article) -> SourceText:
        """Cut an article, page furniture left out."""
        text = _text(analyzer, article)
        runs = [_Run(piece, terms) for piece in _BREAK.split(text) if (terms := tuple(analyzer.terms(piece)))]
        return cls(runs, analyzer.surfaces(text))


def matched_terms(
    analyzer: Analyzer, tfidf: TfidfModel, source: SourceText, other: Article, one: SparseVector, two: SparseVector
) -> list[MatchedTerm]:
    """The shared terms of two articles' vectors by their part of the cosine, in the words of the source article.

    Terms that follow each other in both texts, stop words between them or not, are one entry with their
    weights together; each term counts in one entry only.
    """
    columns, mine, theirs = np.intersect1d(one.terms, two.terms, assume_unique=True, return_indices=True)
    shared, places = np.unique(tfidf.term_numbers(columns), return_inverse=True)
    parts = np.bincount(places, one.weights[mine] * two.weights[theirs], minlength=len(shared))
    heaviest = np.lexsort((shared, -parts))
    left = {tfidf.vocabulary[shared[place]]: float(parts[place]) for place in heaviest}
    pieces = _BREAK.split(_text(analyzer, other)) if left else []
    follows = {pair for piece in pieces for pair in pairwise(analyzer.terms(piece))}
    matched: list[MatchedTerm] = []
    # an entry weighs at most PHRASE_WORDS times its heaviest term: look at more of them than are shown
    while left and len(matched) < MATCHED_TERMS * 2:
        seed = next(iter(left))
        phrase = _phrase(seed, left, follows, source.runs)
        shown = _surface(analyzer, phrase, source.runs) if len(phrase) > 1 else None
        if shown is None:
            phrase, shown = (seed,), source.surfaces.get(seed, seed)
        matched.append(MatchedTerm(shown, round(sum(left.pop(term) for term in set(phrase)), 4)))
    return sorted(matched, key=lambda term: -term.weight)[:MATCHED_TERMS]


def _text(analyzer: Analyzer, article: Article) -> str:
    return "\n".join((article.title, analyzer.clean(article.body).text, *article.tags))


def _phrase(
    seed: str, left: Mapping[str, float], follows: set[tuple[str, str]], runs: Sequence[_Run]
) -> tuple[str, ...]:
    """The heaviest row of matched terms around the seed that stands in the source and, pair by pair, in the other."""
    least = PHRASE_SHARE * left[seed]
    best: tuple[str, ...] = (seed,)
    best_weight = left[seed]
    for run in runs:
        for place in (place for place, term in enumerate(run.terms) if term == seed):
            first = last = place
            while first > 0 and last - first < PHRASE_WORDS - 1:
                if left.get(run.terms[first - 1], 0) < least or run.terms[first - 1 : first + 1] not in follows:
                    break
                first -= 1
            while last < len(run.terms) - 1 and last - first < PHRASE_WORDS - 1:
                if left.get(run.terms[last + 1], 0) < least or run.terms[last : last + 2] not in follows:
                    break
                last += 1
            phrase = run.terms[first : last + 1]
            weight = sum(left[term] for term in set(phrase))
            if weight > best_weight:
                best, best_weight = phrase, weight
    return best


def _surface(analyzer: Analyzer, phrase: tuple[str, ...], runs: Sequence[_Run]) -> str | None:
    """How the source writes these terms: the commonest form, the shortest of several; None if too long."""
    forms: Counter[str] = Counter()
    for run in runs:
        width = len(phrase)
        if not any(run.terms[place : place + width] == phrase for place in range(len(run.terms) - width + 1)):
            continue
        words = run.piece.split()
        for size in range(2, PHRASE_WORDS + 1):
            spans = [" ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
            found = [span for span in spans if tuple(analyzer.terms(span)) == phrase]
            if found:
                forms.update(map(_readable, found[:1]))
                break
    return min(forms, key=lambda form: (-forms[form], len(form), form), default=None)


def _readable(span: str) -> str:
    """A piece of text without invisible characters and what is no letter, mark or digit at its ends."""
    letters = [letter for letter in span if unicodedata.category(letter) != "Cf"]
    ends = [place for place, letter in enumerate(letters) if unicodedata.category(letter)[0] in "LMN"]
    return "".join(letters[ends[0] : ends[-1] + 1])
