"""Stemming: the forms of a word become one term.

Snowball's Arabic light stemmer, from PyStemmer (https://snowballstem.org/algorithms/arabic/stemmer.html), with
two corrections, each for what it does to the words of newspapers:

* the definite article goes together with the particle before it (``والكتاب``, ``بالكتاب``, ``للكتاب`` → ``كتاب``);
  after an article no particle follows, so the letter there stays (``الوزير`` → ``وزير``, not ``زير``);
* a first letter that belongs to the word stays where no article stands before it either (``roots.txt``),
  and a particle before it goes (``ولبلاده``, ``بلاده`` → ``بلاد``).

Numbers and words in other scripts stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import Stemmer

from models.analysis.wordlists import lines

ROOTS = Path(__file__).with_name("roots.txt")

_DEFINITE = re.compile(r"(?:[وف]?(?:ال|[بك]ال|لل))(?=...)")
_ARABIC = re.compile(r"[ء-ي]+")
_PARTICLES = "وفبلس"


def snowball() -> Callable[[str], str]:
    """A function from a normalized word to its term; the term is never empty."""
    stem: Callable[[str], str] = Stemmer.Stemmer("arabic", 0).stemWord
    roots = frozenset(root for line in lines(ROOTS) for root in line.split())

    def behind_first(word: str) -> str:
        """The stem when the first letter is the word's own: behind a letter that is never a particle."""
        return word[0] + stem("ط" + word[1:])[1:]

    def term(word: str) -> str:
        if len(word) < 3 or not _ARABIC.fullmatch(word):
            return word
        bare = word
        while bare[0] in _PARTICLES and len(bare) > 2:
            if (own := behind_first(bare)) in roots:
                return own
            bare = bare[1:]
        if definite := _DEFINITE.match(word):
            rest = word[definite.end() :]
            return behind_first(rest) if rest[0] in _PARTICLES else stem(rest) or rest
        return stem(word) or word

    return term
