"""Articles made from a seed, as many as are wanted: the size and the shape of an archive, not a word of anyone's.

Every choice is a hash of the seed, the text and the place of the word in it (splitmix64: Steele, Lea & Flood 2014,
"Fast splittable pseudorandom number generators"), so a copy is written by the numbers of its original, and the
articles of a seed and a count are the same in whatever blocks they are made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

UInts = NDArray[np.uint64]

BLOCK = 2000  # articles
STEMS = 150_000
TOPICS = 400
TOPIC_STEMS = 1500
STORY_STEMS = 16
FIRST_DAY = datetime(2018, 1, 1, tzinfo=UTC)
DAYS = 8 * 365
FOLLOWED = 0.45  # of the stories: two to six reports; the others have one
COPIED = 0.12  # of the reports: printed again by another paper within hours
CHANGED = 32  # one word in so many is another one in a copy
MEAN_WORDS = 200
TABLE = 1 << 20  # quantiles of a distribution, looked up instead of searched for
TITLE = 1 << 20  # places of the words of a title, beyond those of any body

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # splitmix64's step

_CONSONANTS = "بتجحخدرزسشصضطعغفقكلمنهي"
_PATTERNS = (
    "{}{}{}",
    "{}ا{}{}",
    "م{}{}و{}",
    "{}{}ي{}",
    "ت{}{}ي{}",
    "{}{}ا{}",
    "م{}ا{}{}",
    "ا{}ت{}ا{}",
    "{}{}{}ة",
    "ان{}{}ا{}",
)
_BEFORE = ("", "ال", "و", "بال")
_AFTER = ("", "", "ات", "ها")
_PARTICLES = ("في", "من", "على", "أن", "إلى", "التي", "عن", "مع", "هذا", "كما", "بعد", "الذي", "ما", "لا", "قد", "بين")
_SECTIONS = ("سياسة", "اقتصاد", "رياضة", "ثقافة", "علوم", "صحة", "مجتمع", "تقنية", "بيئة", "تعليم", "سفر", "رأي")
_SOURCES = ("الضحى", "المرسى", "النبراس", "الساحل", "الواحة")


@dataclass(frozen=True, slots=True)
class Outline:
    """What is settled of each article before a word of it is written, in the order of publication.

    Attributes:
        text: which text it prints; that of a copy is its original's.
        copy: 0 for an original, else the number of the copy of its text.
        story: which story it tells.
        seconds: since the first day.
    """

    text: UInts
    copy: UInts
    story: UInts
    seconds: NDArray[np.int64]


def mixed(numbers: UInts) -> UInts:
    """Splitmix64's finalizer: 64 bits of each number, all of them shaken."""
    with np.errstate(over="ignore"):
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def hashed(seed: int, *numbers: UInts) -> UInts:
    """One hash of several numbers."""
    state = mixed(np.array([seed + 1], dtype=np.uint64))
    for part in numbers:
        with np.errstate(over="ignore"):
            state = mixed(state + (part + np.uint64(1)) * GOLDEN)
    return state


def outline(count: int, seed: int) -> Outline:
    """Stories with their reports and the copies of these, cut to ``count`` articles."""
    chance = np.random.default_rng(seed)
    reports = np.where(chance.random(count) < FOLLOWED, chance.integers(2, 7, count), 1)
    story = np.repeat(np.arange(count), reports)[:count]
    copies = np.where(chance.random(count) < COPIED, chance.integers(1, 4, count), 0)
    text = np.repeat(np.arange(count), copies + 1)[:count]
    starts = np.flatnonzero(np.r_[True, text[1:] != text[:-1]])
    copy = np.arange(count) - np.repeat(starts, np.diff(np.r_[starts, count]))
    first = chance.integers(0, DAYS * 86_400, count)
    later = np.cumsum(chance.exponential(43_200, count).astype(np.int64))
    begun = np.flatnonzero(np.r_[True, story[1:] != story[:-1]])
    written = first[story] + later - later[begun][np.cumsum(np.r_[True, story[1:] != story[:-1]]) - 1]
    seconds = written[text] + copy * chance.integers(600, 14_400, count)
    order = np.argsort(seconds, kind="stable")
    return Outline(*(part[order].astype(np.uint64) for part in (text, copy, story[text])), seconds[order])


class Words:
    """The vocabulary of a seed: particles, then invented stems in 16 forms each, and how often each stem is used."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        roots = ["".join(root) for root in product(_CONSONANTS, repeat=3)]
        made = [pattern.format(*root) for root in roots for pattern in _PATTERNS]
        stems = [made[place] for place in chance.permutation(len(made))[:STEMS].tolist()]
        forms = [_form(stem, before, after) for stem in stems for before in _BEFORE for after in _AFTER]
        self.written = np.array([*_PARTICLES, *forms], dtype=object)
        self.common = _quantiles(len(stems), 1.0)
        self.of_topic = _quantiles(TOPIC_STEMS, 0.8)
        self.topics = chance.integers(0, len(stems), (TOPICS, TOPIC_STEMS), dtype=np.int32)
        self.stems = len(stems)


def _form(stem: str, before: str, after: str) -> str:
    return before + (stem[:-1] + "ت" + after if stem.endswith("ة") and after else stem + after)


def _quantiles(count: int, exponent: float) -> NDArray[np.int32]:
    """Ranks as often as Zipf's law (with Mandelbrot's shift) has them, for a draw by one look."""
    weights = 1 / (np.arange(count) + 2.7) ** exponent
    return np.searchsorted(np.cumsum(weights) / weights.sum(), (np.arange(TABLE) + 0.5) / TABLE).astype(np.int32)


class Generator:
    """The articles of a seed."""

    def __init__(self, count: int, seed: int) -> None:
        self._seed = seed
        self._words = Words(seed)
        self._outline = outline(count, seed)
        self._count = count

    def blocks(self) -> Iterator[list[dict[str, Any]]]:
        """Records, block by block, in the order of publication."""
        for first in range(0, self._count, BLOCK):
            yield self._block(first, min(first + BLOCK, self._count))

    def lines(self) -> Iterator[bytes]:
        """The same as lines of JSON, a block at a time."""
        encode = json.JSONEncoder(ensure_ascii=False).encode
        for block in self.blocks():
            yield "".join(f"{encode(record)}\n" for record in block).encode()

    def _block(self, first: int, last: int) -> list[dict[str, Any]]:
        plan = self._outline
        text, copy, story = plan.text[first:last], plan.copy[first:last], plan.story[first:last]
        kind = hashed(self._seed, text)
        lengths = _share(kind, 0, 1.6, 0.4) * MEAN_WORDS
        bodies = self._texts(text, copy, story, lengths.astype(np.int64), 0)
        titles = self._texts(text, copy // np.uint64(2), story, (6 + kind % np.uint64(5)).astype(np.int64), TITLE)
        topics = hashed(self._seed, story) % np.uint64(TOPICS)
        sources = (kind + copy) % np.uint64(len(_SOURCES))
        sentences = (11 + kind % np.uint64(13)).tolist()
        numbers = zip(topics.tolist(), sources.tolist(), plan.seconds[first:last].tolist(), sentences, strict=True)
        return [
            {
                "id": f"g{place:07}",
                "title": " ".join(title),
                "body": _paragraphs(body, sentence),
                "section": _SECTIONS[topic % len(_SECTIONS)],
                "published_at": f"{FIRST_DAY + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
                "source": _SOURCES[source],
            }
            for place, title, body, (topic, source, seconds, sentence) in zip(
                range(first, last), titles, bodies, numbers, strict=True
            )
        ]

    def _texts(
        self, text: UInts, copy: UInts, story: UInts, lengths: NDArray[np.int64], offset: int
    ) -> Iterator[list[str]]:
        """The words of each text: particles, common words, those of its topic and those of its story."""
        words = self._words
        ends = np.cumsum(lengths)
        places = (np.arange(ends[-1]) - np.repeat(ends - lengths, lengths) + offset).astype(np.uint64)
        drawn = mixed(np.repeat(hashed(self._seed, text), lengths) + places * GOLDEN)
        copied = np.flatnonzero(np.repeat(copy > 0, lengths))
        redrawn = mixed(drawn[copied] + np.repeat(copy, lengths)[copied])
        drawn[copied] = np.where(redrawn % np.uint64(CHANGED) == 0, redrawn, drawn[copied])
        # bits of a draw: 7 for the kind of word, 20 for its rank, 4 for its form
        kind = (drawn & np.uint64(127)).astype(np.int8)
        rank = (drawn >> np.uint64(8)).astype(np.int64) & (TABLE - 1)
        form = (drawn >> np.uint64(40)).astype(np.int64) & 15
        article = np.repeat(np.arange(len(text)), lengths)
        topic = (hashed(self._seed, story) % np.uint64(TOPICS)).astype(np.int64)
        own = np.stack([hashed(self._seed, story, np.full_like(story, place)) for place in range(STORY_STEMS)], axis=1)
        number = rank & (len(_PARTICLES) - 1)
        told, themed, common = kind < 15, (kind >= 15) & (kind < 45), (kind >= 45) & (kind < 90)
        stem = words.common[rank[common]].astype(np.int64)
        number[common] = len(_PARTICLES) + stem * 16 + form[common]
        stem = words.topics[topic[article[themed]], words.of_topic[rank[themed]]].astype(np.int64)
        number[themed] = len(_PARTICLES) + stem * 16 + form[themed]
        stem = (own % np.uint64(words.stems)).astype(np.int64)[article[told], rank[told] & (STORY_STEMS - 1)]
        number[told] = len(_PARTICLES) + stem * 16 + form[told]
        written = words.written[number].tolist()
        for end, length in zip(ends.tolist(), lengths.tolist(), strict=True):
            yield written[end - length : end]


def _share(numbers: UInts, shift: int, high: float, low: float) -> NDArray[np.float64]:
    return low + (high - low) * ((numbers >> np.uint64(shift)) % np.uint64(1 << 16)).astype(np.float64) / (1 << 16)


def _paragraphs(words: list[str], sentence: int) -> str:
    """Sentences of so many words, four to a paragraph."""
    sentences = [" ".join(words[start : start + sentence]) for start in range(0, len(words), sentence)]
    return ".\n\n".join(". ".join(sentences[start : start + 4]) for start in range(0, len(sentences), 4)) + "."
