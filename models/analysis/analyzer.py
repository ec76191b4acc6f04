"""Analyzer: the one door from text to terms, for training, live articles and drafts alike."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from models.analysis.boilerplate import Boilerplate, CleanText
from models.analysis.normalization import normalize
from models.analysis.stemming import snowball
from models.analysis.tokenization import tokenize
from models.limits import NO_OTHERS, Count

STOPWORDS = Path(__file__).with_name("stopwords.txt")
CACHE_WORDS = 2_000_000

# Words as a reader sees them: letters with the marks, tatweel and invisible characters between them, or a number.
_INVISIBLE = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069"
_MARKS = r"\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670"
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_SURFACE = re.compile(rf"\d+(?:[.,٫٬]\d+)*|[^\W\d_](?:[^\W\d_]|[{_MARKS}{_INVISIBLE}])*")

# One sentence for each thing that an analyzer must not change silently.
PROBE = (
    "كأسُ العالَمِ ٢٠٢٢ في الســــعودية؛ أكّد أحمد وإيمان وآمنة أنّ «المدرسةَ» ومستشفى المدينة بنجاح.وقال الرئيس: "
    "والكتاب بالكتاب كالكتاب فالكتاب للكتاب لبنان باريس وزير بيان كمال وروسيا لقطر سيستمر، ۳٫۵ مليون و١٬٢٠٠ و1,200 "
    "گوگل ایران ﻻ ﷲ COVID-19 Café مسؤول مسئول شؤون عبدالله عبد الله بن حمد آل ثاني 17-19 يناير ١٤% لهم ولكنها"
)
PROBE_PAGE = (
    "الرئيسية » سياسة\nصورة من اللقاء\n\nموسكو - المغرب اليوم\n\nأكد الرئيس ذلك.\n\nقد يهمك ايضـــًا :\n\nعنوان آخر\n"
    "<p>وقال &quot;نعم&quot;.</p>View on Example.net"
)


@dataclass(frozen=True, slots=True)
class AnalyzerConfig:
    """What can be chosen about the analysis; it is written into every model.

    Attributes:
        min_length: shortest word kept, in letters; single letters are mostly stray particles.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    min_length: Count = 2


class _Terms(dict[str, str]):
    """Word → term, filled as words are met; an empty term means that the word is dropped."""

    def __init__(self, config: AnalyzerConfig) -> None:
        super().__init__()
        self._config = config
        self._stem = snowball()
        words = STOPWORDS.read_text(encoding="utf-8").splitlines()
        self._stopwords = frozenset(
            word for line in words if not line.startswith("#") for word in tokenize(normalize(line))
        )

    def _is_stopword(self, word: str) -> bool:
        return word in self._stopwords or (word[0] in "وف" and word[1:] in self._stopwords)

    def __missing__(self, word: str) -> str:
        short = len(word) < self._config.min_length
        term = "" if short or self._is_stopword(word) else self._stem(word)
        if len(self) >= CACHE_WORDS:  # words from outside are without end: memory is not
            self.clear()
        self[word] = term
        return term


class Analyzer:
    """Text → terms. Not changed by use: two analyzers of one configuration always agree."""

    def __init__(self, config: AnalyzerConfig | None = None) -> None:
        self.config = config or AnalyzerConfig()
        self._boilerplate = Boilerplate.default()
        self._terms = _Terms(self.config)

    def __reduce__(self) -> tuple[type[Analyzer], tuple[AnalyzerConfig]]:
        return Analyzer, (self.config,)  # travels to worker processes as its configuration

    def clean(self, body: str) -> CleanText:
        """The paragraphs of a body, page furniture taken off."""
        return self._boilerplate.clean(body)

    def terms(self, text: str) -> list[str]:
        """Terms of a plain text, in reading order; stop words are gone."""
        lookup = self._terms
        return [term for word in tokenize(normalize(text)) if (term := lookup[word])]

    def surfaces(self, text: str) -> dict[str, str]:
        """For each term of a plain text the word as it stands there: the commonest form, the shortest of several."""
        forms: dict[str, Counter[str]] = {}
        for match in _SURFACE.finditer(text):
            for word in tokenize(normalize(match.group())):
                if term := self._terms[word]:
                    forms.setdefault(term, Counter())[_UNSEEN.sub("", match.group())] += 1
        return {term: min(seen, key=lambda form: (-seen[form], len(form), form)) for term, seen in forms.items()}

    def fingerprint(self) -> str:
        """SHA-256 of what this analyzer makes of a fixed text: equal behaviour, equal fingerprint."""
        behaviour = [asdict(self.config), self.terms(PROBE), self.clean(PROBE_PAGE).paragraphs]
        return hashlib.sha256(json.dumps(behaviour, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
