"""service.memory: what many articles at once took for a moment is not kept."""

from __future__ import annotations

import platform

from benchmarks.memory import resident
from service.memory import give_back

PIECE = 64 * 1024  # bytes, few enough to be taken from the heap and many enough to be seen


def test_what_was_freed_goes_back() -> None:
    pieces = [bytes([1]) * PIECE for _ in range(2000)]
    kept = pieces[::100]  # no large part of the heap is free as a whole
    held = resident()
    del pieces
    give_back()
    assert len(kept) == 20
    if platform.libc_ver()[0] == "glibc":
        assert held - resident() > 1000 * PIECE
