"""Normalization: one spelling for what an Arabic reader reads as the same letters.

Compatibility forms are composed (NFKC); marks (diacritics), tatweel and invisible
characters go; alef with hamza or madda becomes bare alef, alef maqsura ya, ta marbuta
ha; Persian and Urdu letters become their Arabic neighbours; digits of every script
become ASCII; Latin is lower-cased. Hamza on waw and ya stays: folding it gained
nothing where it was measured, and some names are told apart by it.
"""

from __future__ import annotations

import unicodedata
from itertools import chain

import numpy as np
from numpy.typing import NDArray

_LETTERS = {
    **dict.fromkeys("أإآٱٲٳٵ", "ا"),
    **dict.fromkeys("ىیيېۍےۓ", "ي"),
    **dict.fromkeys("ةۀہۂۃەھ", "ه"),
    **dict.fromkeys("کڪګگڭڬݣ", "ك"),
    "پ": "ب",
    "چ": "ج",
    "ژ": "ز",
    **dict.fromkeys("ڤڥڢ", "ف"),
    "ٶ": "ؤ",
    "ٷ": "ؤ",
    "ٸ": "ئ",
    "٫": ".",  # Arabic decimal separator
    "٬": ",",  # Arabic thousands separator
    "ـ": "",  # tatweel
}


def _table() -> dict[int, str]:
    table = {ord(letter): form for letter, form in _LETTERS.items()}
    for point in chain(range(0x20000), range(0xE0000, 0xE0200)):  # the planes that hold any of these
        letter = chr(point)
        category = unicodedata.category(letter)
        if category in ("Mn", "Me", "Cf"):  # marks; bidi, zero-width and soft-hyphen characters
            table[point] = ""
        elif category == "Nd":
            table[point] = str(unicodedata.decimal(letter))
    return table


_TABLE = _table()

SURROGATES = 0xD800  # from here on no text is looked up; the first of them stands for what goes
_LONG = 100  # characters from which on looking up all at once is faster than one by one


def _lookup() -> NDArray[np.uint16]:
    """The table for characters of the first plane, as an array."""
    codes = np.arange(1 << 16, dtype=np.uint16)
    for point, form in _TABLE.items():
        if point < len(codes):
            codes[point] = ord(form) if form else SURROGATES
    return codes


_LOOKUP = _lookup()


def _translated(text: str) -> str:
    """``text.translate(_TABLE)``, several times as fast for long texts."""
    if len(text) < _LONG:
        return text.translate(_TABLE)
    given = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    if given.max() >= SURROGATES:  # another plane, or what is beyond the surrogates: rare
        return text.translate(_TABLE)
    codes = _LOOKUP[given]
    kept: NDArray[np.uint16] = codes[codes != SURROGATES]
    return kept.astype("<u2", copy=False).tobytes().decode("utf-16-le")


def normalize(text: str) -> str:
    """The text in one spelling; idempotent. Characters may be fewer, never words more."""
    if not text.isascii():
        text = _translated(composed(text))
    return text.lower()


def composed(text: str) -> str:
    """The text in compatibility composition, NFKC."""
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)
