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


def shingled(terms: Sequence[str], numbers: Int32Array, lengths: Int64Array) -> tuple[Shingles, Int32Array]:
    """Shingles of articles given as numbers of terms one after the other, so many an article.

    Returns:
        shingles: uint32, those of each article sorted and unique, one article after the other.
        counts: int32, how many each article has.
    """
    encoded = [term.encode() for term in terms]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    letters = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    width = np.minimum(lengths, SHINGLE_TERMS)
    runs = np.where(width > 0, lengths - width + 1, 0)
    hashes = _hashes(letters, ends, numbers, lengths, runs, _TABLE)
    keys = np.unique(np.repeat(np.arange(len(lengths), dtype=np.uint64), runs) << np.uint64(32) | hashes)
    counts = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(lengths))
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32), counts.astype(np.int32)


@njit(cache=True)
def _hashes(letters, ends, numbers, lengths, runs, table):  # type: ignore[no-untyped-def]  # compiled
    hashes = np.empty(runs.sum(), dtype=np.uint64)
    place, start = 0, 0
    for article in range(len(lengths)):
        width = lengths[article] - runs[article] + 1
        for first in range(start, start + runs[article]):
            crc = np.uint32(0xFFFFFFFF)
            for word in range(first, first + width):
                if word > first:
                    crc = np.uint32(crc >> np.uint32(8)) ^ table[(crc ^ np.uint32(32)) & np.uint32(255)]
                for letter in range(ends[numbers[word]], ends[numbers[word] + 1]):
                    crc = np.uint32(crc >> np.uint32(8)) ^ table[(crc ^ letters[letter]) & np.uint32(255)]
            hashes[place] = crc ^ np.uint32(0xFFFFFFFF)
            place += 1
        start += lengths[article]
    return hashes
