"""Shingling: the shingles of many articles at once, as :func:`models.stories.shingles` has them of one, compiled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.stories import SHINGLE_TERMS, Shingles
from models.tfidf import Int32Array, Int64Array


def _crc_table() -> NDArray[np.uint32]:
    """CRC-32 of each byte, as zlib reckons it (ISO 3309)."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1)
    return table


_TABLE = _crc_table()


def shingled(
    terms: Sequence[str], numbers: Int32Array, starts: Int64Array, lengths: Int64Array
) -> tuple[Shingles, Int32Array]:
    """Shingles of articles whose text is so many ``numbers`` of terms from its start on.

    Returns:
        shingles: uint32, those of each article sorted and unique, one article after the other.
        counts: int32, how many each article has.
    """
    encoded = [term.encode() for term in terms]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    letters = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    return _shingled(letters, ends, numbers, starts, lengths, _TABLE)  # type: ignore[no-any-return]  # compiled


@njit(cache=True)
def _shingled(letters, ends, numbers, starts, lengths, table):  # type: ignore[no-untyped-def]  # compiled
    hashes = np.empty(lengths.sum(), dtype=np.uint32)
    counts = np.zeros(len(lengths), dtype=np.int32)
    filled = 0
    for article in range(len(lengths)):
        start, width = starts[article], min(lengths[article], SHINGLE_TERMS)
        place = filled
        for first in range(start, start + lengths[article] - width + 1 if width else start):
            crc = np.uint32(0xFFFFFFFF)
            for word in range(first, first + width):
                if word > first:
                    crc = np.uint32(crc >> np.uint32(8)) ^ table[(crc ^ np.uint32(32)) & np.uint32(255)]
                for letter in range(ends[numbers[word]], ends[numbers[word] + 1]):
                    crc = np.uint32(crc >> np.uint32(8)) ^ table[(crc ^ letters[letter]) & np.uint32(255)]
            hashes[place] = crc ^ np.uint32(0xFFFFFFFF)
            place += 1
        hashes[filled:place].sort()
        begin = filled
        for run in range(begin, place):
            if run == begin or hashes[run] != hashes[filled - 1]:
                hashes[filled] = hashes[run]
                filled += 1
        counts[article] = filled - begin
    return hashes[:filled].copy(), counts
