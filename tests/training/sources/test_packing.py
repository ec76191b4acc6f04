"""gzip comes off whatever its pieces, and never more than may be."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import FetchError
from training.sources.packing import Unpacker, unpacked

NEWS = "أعلنت البلدية موعد افتتاح الجسر.".encode()
BOMB = 64 * 1024 * 1024


@given(st.lists(st.binary(max_size=300), min_size=1), st.integers(0, 3), st.integers(1, 50))
def test_what_was_packed_comes_out_however_it_is_cut(parts: list[bytes], zeros: int, size: int) -> None:
    packed = b"".join(map(gzip.compress, parts)) + b"\x00" * zeros
    unpacker = Unpacker()
    cuts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(piece for cut in cuts for piece in unpacker.pieces(cut)) == b"".join(parts)
    unpacker.finish()
    assert unpacked(packed, 100_000) == b"".join(parts)


def test_much_from_few_bytes_comes_in_small_pieces() -> None:
    packed = gzip.compress(bytes(10_000_000))
    unpacker = Unpacker()
    sizes = [len(piece) for at in range(len(packed)) for piece in unpacker.pieces(packed[at : at + 1])]
    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 64 * 1024


def test_what_is_not_packed_stays() -> None:
    assert unpacked(NEWS, len(NEWS)) == NEWS
    with pytest.raises(FetchError) as caught:
        unpacked(NEWS, len(NEWS) - 1)
    assert caught.value.reason == "too_large"


def test_a_bomb_takes_no_memory() -> None:
    packed = gzip.compress(bytes(BOMB))
    tracemalloc.start()
    try:
        with pytest.raises(FetchError) as caught:
            unpacked(packed, 1024 * 1024)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "too_large"


def test_streams_without_number_take_no_longer_than_their_bytes() -> None:
    # copied whole for each of them it would be a terabyte
    assert unpacked(gzip.compress(b"") * 200_000 + gzip.compress(NEWS, mtime=0), 1000) == NEWS


@pytest.mark.parametrize(
    "damaged",
    [
        gzip.compress(NEWS, mtime=0)[:-1],
        gzip.compress(NEWS, mtime=0)[:10],
        gzip.compress(NEWS, mtime=0) + b"garbage",
        gzip.compress(NEWS, mtime=0)[:-8] + bytes(8),
        b"\x1f\x8b",
        b"\x1f\x8b" + zlib.compress(NEWS),
    ],
)
def test_what_is_damaged_is_told(damaged: bytes) -> None:
    with pytest.raises(FetchError) as caught:
        unpacked(damaged, 1000)
    assert caught.value.reason == "bad_encoding"
