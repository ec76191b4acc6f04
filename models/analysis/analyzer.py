"""Analyzer: the one door from text to terms, for training, live articles and drafts alike."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from models.analysis.boilerplate import NOTHING_LEARNED, Boilerplate, CleanText, Learned, compiled
from models.analysis.names import Names, words
from models.analysis.normalization import normalize
from models.analysis.stemming import snowball
from models.analysis.tokenization import tokenize
from models.analysis.wordlists import lines
from models.limits import NO_OTHERS, Count, Share

STOPWORDS = Path(__file__).with_name("stopwords.txt")
CACHE_WORDS = 250_000  # some 60 MB; the frequent ones are soon back after it was emptied

# Words as a reader sees them: an abbreviation, a number, or letters with the marks, tatweel and invisible
# characters between them.
_INVISIBLE = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069"
_MARKS = r"\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670"
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_SURFACE = re.compile(
    rf"(?<![^\W_])[^\W\d_](?:\.[^\W\d_]){{1,5}}(?![^\W_])|\d+(?:[.,٫٬]\d+)*|[^\W\d_](?:[^\W\d_]|[{_MARKS}{_INVISIBLE}])*"
)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[!-~]+|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}", re.IGNORECASE
)

# One sentence for each thing that an analyzer must not change silently.
PROBE = (
    "كأسُ العالَمِ ٢٠٢٢ في الســــعودية؛ أكّد أحمد وإيمان وآمنة أنّ «المدرسةَ» ومستشفى المدينة بنجاح.وقال الرئيس: "
    "والكتاب بالكتاب كالكتاب فالكتاب للكتاب لبنان باريس وزير بيان كمال وروسيا لقطر سيستمر، ۳٫۵ مليون و١٬٢٠٠ و1,200 "
    "گوگل ایران ﻻ ﷲ COVID-19 Café مسؤول مسئول شؤون عبدالله عبد الله بن حمد آل ثاني 17-19 يناير ١٤% لهم ولكنها "
    "نتانياهو وبالفيس بوك أبوظبي لأبو ظبي (أ.ف.ب) #غزة_تقاوم واشنطن الوزير للرياض رياضة الروسيون "
    "desk@example.com https://example.com/news &quot;نعم&quot; والـ20"
)
PROBE_PAGE = (
    "الرئيسية » سياسة\nصورة من اللقاء\n\nموسكو - المغرب اليوم\n\nأكد الرئيس ذلك.\n\nاقرأ أيضا: عنوان\n\n"
    "قد يهمك ايضـــًا :\n\nعنوان آخر\n<p>وقال &quot;نعم&quot;.</p>View on Example.net\nالمصدر: وكالات"
)


@dataclass(frozen=True, slots=True)
class AnalyzerConfig:
    """What can be chosen about the analysis; it is written into every model.

    Attributes:
        min_length: shortest word kept, in letters; single letters are mostly stray particles.
        names: names beside those of ``names.txt``, each with the words formed of it.
        variants: groups of spellings beside those of ``variants.txt``.
        boilerplate_lines, boilerplate_headings: regular expressions beside those of ``boilerplate.toml``.
        repeat_share: share of a site's articles in which a line must stand to be furniture of its pages.
        repeat_articles: in so many articles it must stand at least, each another story.

    Raises:
        ValueError: for an empty name, a group of one spelling, a spelling of two groups, a bad expression.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    min_length: Count = 2
    names: tuple[str, ...] = ()
    variants: tuple[tuple[str, ...], ...] = ()
    boilerplate_lines: tuple[str, ...] = ()
    boilerplate_headings: tuple[str, ...] = ()
    repeat_share: Share = 0.01
    repeat_articles: Count = 10

    def __post_init__(self) -> None:
        for name in self.names:
            if not words(name):
                raise ValueError(f"names: {name!r} holds no word")
        if self.variants:
            Names(snowball(), self.names, self.variants)
        for pattern in (*self.boilerplate_lines, *self.boilerplate_headings):
            compiled(pattern)


def readable(text: str) -> str:
    """The text without what is written for machines: entities become characters, addresses go."""
    if "&" in text:
        text = unescape(text)
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    return text


class _Terms(dict[str, str]):
    """Word → term, filled as words are met; an empty term means that the word is dropped."""

    def __init__(self, config: AnalyzerConfig) -> None:
        super().__init__()
        self._config = config
        self._stem = snowball()
        self.names = Names(self._stem, config.names, config.variants)
        self._stopwords = frozenset(word for line in lines(STOPWORDS) for word in words(line))

    def _is_stopword(self, word: str) -> bool:
        return word in self._stopwords or (word[0] in "وف" and word[1:] in self._stopwords)

    def __missing__(self, word: str) -> str:
        dropped = len(word) < self._config.min_length or self._is_stopword(word)
        term = "" if dropped else self.names.term(word) or self.names.of_stem(self._stem(word))
        if len(self) >= CACHE_WORDS:  # words from outside are without end: memory is not
            self.clear()
        self[word] = term
        return term


class Analyzer:
    """Text → terms. Not changed by use: two analyzers of one configuration always agree.

    Args:
        learned: furniture of the site's pages, as training found it.

    Attributes:
        names: names of several words, each of which is one token.
    """

    def __init__(self, config: AnalyzerConfig | None = None, learned: Learned = NOTHING_LEARNED) -> None:
        self.config = config or AnalyzerConfig()
        self.learned = learned
        self._boilerplate = Boilerplate.default(
            self.config.boilerplate_headings, self.config.boilerplate_lines, learned
        )
        self._terms = _Terms(self.config)
        self.names = self._terms.names

    def __reduce__(self) -> tuple[Callable[..., Analyzer], tuple[AnalyzerConfig, Learned]]:
        return _arrived, (self.config, self.learned)  # travels to worker processes as what it was made of

    def clean(self, body: str) -> CleanText:
        """The paragraphs of a body, page furniture taken off."""
        return self._boilerplate.clean(body)

    def terms(self, text: str) -> list[str]:
        """Terms of a plain text, in reading order; stop words are gone."""
        lookup = self._terms
        return [term for token in self.tokens(text) if (term := lookup[token])]

    def tokens(self, text: str) -> list[str]:
        """Words of a plain text, normalized, in reading order; a name of several words is one of them."""
        tokens = tokenize(normalize(readable(text)))
        for start, end, name in reversed([*self.names.longer(tokens)]):
            tokens[start:end] = [name]
        return tokens

    def term(self, token: str) -> str:
        """What a token counts as; empty when it does not count."""
        return self._terms[token]

    def surfaces(self, text: str) -> dict[str, str]:
        """For each term of a plain text the word as it stands there: the commonest form, the shortest of several."""
        surfaces: list[str] = []
        tokens: list[str] = []
        for match in _SURFACE.finditer(readable(text)):
            cut = tokenize(normalize(match.group()))
            tokens.extend(cut)
            surfaces.extend([_UNSEEN.sub("", match.group())] * len(cut))
        for start, end, name in reversed([*self.names.longer(tokens)]):
            seen = dict.fromkeys(surfaces[start:end])  # a word that is cut in two stands once
            tokens[start:end], surfaces[start:end] = [name], [" ".join(seen)]
        forms: dict[str, Counter[str]] = {}
        for token, surface in zip(tokens, surfaces, strict=True):
            if term := self._terms[token]:
                forms.setdefault(term, Counter())[surface] += 1
        return {term: min(seen, key=lambda form: (-seen[form], len(form), form)) for term, seen in forms.items()}

    def fingerprint(self) -> str:
        """SHA-256 of what this analyzer makes of a fixed text: equal behaviour, equal fingerprint."""
        learned = [sorted(self.learned.lines), sorted(self.learned.heads)]
        behaviour = [asdict(self.config), learned, self.terms(PROBE), self.clean(PROBE_PAGE).paragraphs]
        return hashlib.sha256(json.dumps(behaviour, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=2)
def _arrived(config: AnalyzerConfig, learned: Learned) -> Analyzer:
    """The analyzer of a worker process: one for all its blocks, so that the words it knows stay known."""
    return Analyzer(config, learned)
