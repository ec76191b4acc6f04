"""Names: words that keep their form, and spellings of one name that share a term.

Two lists of data, ``names.txt`` and ``variants.txt`` beside this file, and what a site adds to
them in its settings. A name is found behind the article and behind particles; spellings of
several words (``فيس بوك``) are found in the tokens, the longest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from models.analysis.normalization import normalize
from models.analysis.tokenization import tokenize
from models.analysis.wordlists import lines

NAMES = Path(__file__).with_name("names.txt")
VARIANTS = Path(__file__).with_name("variants.txt")

MIN_STEM = 4  # letters: a shorter stem is shared by too many words to stand for a name

_PARTICLES = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل")
_ARTICLES = ("ال", "وال", "فال", "بال", "كال", "لل", "وبال", "وكال", "ولل", "فلل")
_FIRST_LETTERS = frozenset(start[0] for start in (*_PARTICLES[1:], *_ARTICLES))
_SERVANT = "عبد"  # with the name of God after it, one name: عبد الله, عبدالله
_ENDINGS = ("", "ه", "ا", "ين", "ون", "ات", "ان")


def shipped_variants() -> list[tuple[str, ...]]:
    """The groups of ``variants.txt``."""
    return [tuple(member.strip() for member in line.split("/")) for line in lines(VARIANTS)]


def words(text: str) -> tuple[str, ...]:
    """A name as the words in which it is looked for."""
    return tuple(tokenize(normalize(text)))


class Names:
    """Names and spellings, ready to be looked up. Later lines never change what earlier ones say.

    Args:
        stem: word → term, for all that is no name.
        names: further names, as in a line of ``names.txt``.
        variants: further groups of spellings.
    """

    def __init__(
        self, stem: Callable[[str], str], names: Iterable[str] = (), variants: Iterable[Sequence[str]] = ()
    ) -> None:
        self._stem = stem
        self._term: dict[str, str] = {}  # of a whole word, particles and article taken off
        self._of_stem: dict[str, str] = {}
        self._longer: dict[str, list[tuple[tuple[str, ...], str]]] = {}  # first word → the words after it, and the term
        for line in (*lines(NAMES), *names):
            self._add_name(*(word for text in line.split() for word in words(text)))
        for group in (*shipped_variants(), *variants):
            self._add_variants([words(member) for member in group])
        self._of_stem = {stem: term for stem, term in self._of_stem.items() if stem not in self._term.values()}
        for found in self._longer.values():
            found.sort(key=lambda entry: -len(entry[0]))
        servants = {particle + _SERVANT for particle in _PARTICLES}
        self._firsts = frozenset(servants | self._longer.keys())  # a text without any of these has no longer name
        self._servants = frozenset(servants)
        self.most_words = max(2, *(1 + len(rest) for found in self._longer.values() for rest, _ in found))

    def _add_name(self, name: str, *formed: str) -> None:
        self._term.setdefault(name, name)
        for word in formed:
            self._add_forms(word, self._term[name])

    def _add_forms(self, word: str, term: str) -> None:
        """The word itself, and the regular forms of an adjective."""
        for ending in _ENDINGS if word.endswith("ي") else _ENDINGS[:1]:
            self._term.setdefault(word + ending, term)

    def _add_variants(self, group: Sequence[tuple[str, ...]]) -> None:
        first = "".join(group[0])
        known = {term for member in group if (term := self._term.get("".join(member)))}
        if len(group) < 2 or not all(group):
            raise ValueError(f"variants: a group needs two spellings or more: {' / '.join(map(' '.join, group))!r}")
        if len(known) > 1:
            raise ValueError(f"variants: spellings of different names in one group: {' / '.join(map(' '.join, group))}")
        term = known.pop() if known else self.term(first) or self._stem(first)
        for member in group:
            if len(member) > 1:
                self._term.setdefault("".join(member), term)
                for start in (*_PARTICLES, *_ARTICLES):
                    self._longer.setdefault(start + member[0], []).append((member[1:], "".join(member)))
                continue
            (word,) = member
            self._add_forms(word, term)
            stem = self._stem(word)
            if len(stem) >= MIN_STEM and stem != term:
                self._of_stem.setdefault(stem, term)

    def term(self, word: str) -> str | None:
        """The term of a name, whatever particles and article stand before it; None when it is none."""
        known = self._term
        if word in known:
            return known[word]
        if word[0] not in _FIRST_LETTERS:
            return None
        for particle in _PARTICLES[1:]:
            if word.startswith(particle) and word[len(particle) :] in known:
                return known[word[len(particle) :]]
        for article in _ARTICLES:
            if word.startswith(article):
                rest = word[len(article) :]
                if rest in known or "ال" + rest in known:
                    return known.get(rest) or known["ال" + rest]
        return None

    def of_stem(self, stem: str) -> str:
        """The term of words that share a stem with a spelling."""
        return self._of_stem.get(stem, stem)

    def may_begin(self, token: str) -> bool:
        """Whether a name of several words begins like this."""
        return token in self._firsts

    def longer(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """Names of several words in a text: where each begins, where it ends, and the one token it stands for."""
        if self._firsts.isdisjoint(tokens):
            return
        end = 0
        for place in [place for place, token in enumerate(tokens) if token in self._firsts]:
            if place >= end:
                name, width = self.longest(tokens[place : place + self.most_words])
                if width > 1:
                    end = place + width
                    yield place, end, name

    def longest(self, tokens: Sequence[str]) -> tuple[str, int]:
        """What the first of some tokens begins, and of how many it is: a name of several, or itself."""
        token, *following = tokens
        for rest, name in self._longer.get(token, ()):
            if tuple(following[: len(rest)]) == rest:
                return name, 1 + len(rest)
        if token in self._servants and following and following[0].startswith("ال") and len(following[0]) > 3:
            return _SERVANT + following[0], 2
        return token, 1
