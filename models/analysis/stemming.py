"""Stemming: the forms of a word become one term.

Snowball's Arabic light stemmer, from PyStemmer (https://snowballstem.org/algorithms/arabic/stemmer.html),
after the definite article has been taken off together with the particle before it
(``والكتاب``, ``بالكتاب``, ``للكتاب`` → ``كتاب``): the stemmer alone leaves some of these pairs standing.
Numbers and words in other scripts stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import Stemmer

_DEFINITE = re.compile(r"(?:[وف]?(?:ال|[بك]ال|لل))(?=...)")
_ARABIC = re.compile(r"[ء-ي]+")


def snowball() -> Callable[[str], str]:
    """A function from a normalized word to its term; the term is never empty."""
    stem: Callable[[str], str] = Stemmer.Stemmer("arabic", 0).stemWord

    def term(word: str) -> str:
        if len(word) < 3 or not _ARABIC.fullmatch(word):
            return word
        definite = _DEFINITE.match(word)
        return stem(word[definite.end() :] if definite else word) or word

    return term
