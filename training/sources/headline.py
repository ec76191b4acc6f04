"""A headline for an article that has none: its first sentence, cut where a phrase ends."""

from __future__ import annotations

import re
from collections.abc import Collection

from models.analysis.normalization import normalize

MAX_LETTERS = 90
MIN_WORDS = 5
MIN_LETTERS = 40  # of what is cut where a phrase ends; where none ends so late, it is cut at a word
ELLIPSIS = "…"

# as in models.analysis.boilerplate: no full stop of a number, of an initial or of an ellipsis
_END = re.compile(r"(?<=[^\W\d_]{2})(?:\.(?!\.)|[!؟?])[\"»”')]*(?=\s|[^\W\d_]|$)|(?<=[\"»”)])\.(?!\.)")
_PAIRS = (("«", "»"), ("“", "”"), ("(", ")"), ("[", "]"))
_EDGES = " \t،؛:,;.-–—*•▪●"
# places and outlets before the first word: الرياض - واس: , أحمد سالم – الضحى – مرسى الزيتون:
_DATELINE = re.compile(r"(?:[^\W\d_]+(?: [^\W\d_]+){0,2} ?[-–—] ?){1,3}(?:[^\W\d_]+(?: [^\W\d_]+){0,2} ?: ?)?")


def headline(text: str, openers: Collection[str], dangling: Collection[str]) -> str:
    """The first sentence of a text that is not blank, of ``MAX_LETTERS`` at most.

    Args:
        text: an article, or its first paragraph.
        openers: normalized words before which a phrase has ended.
        dangling: those with which none ends.
    """
    sentence = text[: 10 * MAX_LETTERS].splitlines()[0].lstrip(_EDGES)
    dateline = _DATELINE.match(sentence)
    if dateline and dateline.end() < len(sentence):
        sentence = sentence[dateline.end() :]
    end = _END.search(sentence)
    if end:
        sentence = sentence[: end.end()]
    sentence = sentence.strip(_EDGES)
    if len(sentence) <= MAX_LETTERS:
        return sentence
    words = sentence.split()
    if len(words[0]) >= MAX_LETTERS:
        return words[0][: MAX_LETTERS - 1] + ELLIPSIS
    plain = [normalize(word).strip("\"'«»“”()[]،؛:") for word in words]
    last = max(count for count in range(1, len(words)) if len(" ".join(words[:count])) < MAX_LETTERS)
    counts = range(last, min(MIN_WORDS, last) - 1, -1)
    whole = [count for count in counts if plain[count - 1] not in dangling and _closed(" ".join(words[:count]))]
    ended = [
        count
        for count in whole
        if len(" ".join(words[:count])) >= MIN_LETTERS
        and (plain[count] in openers or words[count - 1].endswith(("،", "؛")))
        and "بين" not in plain[count - 2 : count]
    ]
    paused = [count for count in ended if words[count - 1].endswith(("،", "؛")) and count >= 2 * last / 3]
    count = next(iter(paused or ended or whole), last)
    return " ".join(words[:count]).rstrip(_EDGES) + ELLIPSIS


def _closed(text: str) -> bool:
    """Whether what was said in quotation marks or brackets is said to its end."""
    return text.count('"') % 2 == 0 and all(text.count(opening) == text.count(closing) for opening, closing in _PAIRS)
