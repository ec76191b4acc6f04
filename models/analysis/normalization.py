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


def normalize(text: str) -> str:
    """The text in one spelling; idempotent. Characters may be fewer, never words more."""
    if not text.isascii():
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text)
        text = text.translate(_TABLE)
    return text.lower()
