"""Tokenization: runs of letters, and numbers, out of normalized text.

Letters and digits never stand in one token (``كوفيد19`` is two), so full stops glued to
the next sentence, quotes and slashes need no rule of their own. Single letters between full
stops are one token (``أ.ف.ب``, ``u.s.``). A number keeps its decimal part and loses its
thousands separators, so that ``1,200`` and ``1200`` meet.
"""

from __future__ import annotations

import re

LETTER = r"[^\W\d_]"

_TOKEN = re.compile(rf"[0-9]+(?:[.,][0-9]+)*|{LETTER}+")
_ABBREVIATION = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){1,5}[^\W\d_](?![^\W_])")
_DOTTED = re.compile(r"\.[^\W\d_](?![^\W_])")  # found fast: few texts have an abbreviation
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def tokenize(normalized: str) -> list[str]:
    """The tokens of a text that went through :func:`normalize`, in reading order."""
    tokens = _TOKEN.findall(undotted(normalized))
    if "," in normalized:
        return [plain_number(token) for token in tokens]
    return tokens


def undotted(normalized: str) -> str:
    """The text with its abbreviations in one piece."""
    if _DOTTED.search(normalized):
        return _ABBREVIATION.sub(lambda match: match.group().replace(".", ""), normalized)
    return normalized


def plain_number(token: str) -> str:
    """A number without its thousands separators; anything else as it is."""
    return token.replace(",", "") if "," in token and _THOUSANDS.fullmatch(token) else token
