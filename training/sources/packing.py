"""Packing: gzip taken off as it comes, and never more of it than may be."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from models.errors import FetchError

_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 64 * 1024  # bytes that are unpacked at once


class Unpacker:
    """Takes bytes of a gzip stream as they come, gives what is in them in small pieces.

    Several streams one after the other are one; zeros behind the last are passed over, as gzip itself does.
    """

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._begun = False

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """What more these bytes tell, none longer than 64 KiB.

        Raises:
            FetchError: ``bad_encoding``, they are not gzip, or damaged.
        """
        # in slices: zlib copies what it has not yet read, once for each piece and each stream
        for start in range(0, len(packed), _PIECE):
            yield from self._slice(packed[start : start + _PIECE])

    def _slice(self, packed: bytes) -> Iterator[bytes]:
        piece = b""
        while packed or len(piece) == _PIECE:  # a full piece: there may be more without more bytes
            if self._stream.eof:
                packed = packed.lstrip(b"\x00")
                if not packed:
                    return
                self._stream = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                piece = self._stream.decompress(packed, _PIECE)
            except zlib.error as error:
                raise FetchError("bad_encoding", f"what came as gzip is not, or is damaged: {error}") from error
            packed = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        """All has come.

        Raises:
            FetchError: ``bad_encoding``, the end is missing.
        """
        if self._begun and not self._stream.eof:
            raise FetchError("bad_encoding", "what came as gzip ends too early")


def unpacked(content: bytes, limit: int) -> bytes:
    """Content without its gzip, where it begins as gzip does; else as it is.

    Args:
        content: of any kind.
        limit: bytes that it may be.

    Raises:
        FetchError: ``too_large``, or ``bad_encoding`` of what is damaged.
    """
    if not content.startswith(_MAGIC):
        check_size(len(content), limit)
        return content
    unpacker = Unpacker()
    found = bytearray()
    for piece in unpacker.pieces(content):
        found += piece
        check_size(len(found), limit)
    unpacker.finish()
    return bytes(found)


def check_size(size: int, limit: int) -> None:
    """Refuse what is larger than it may be.

    Raises:
        FetchError: ``too_large``.
    """
    if size > limit:
        raise FetchError("too_large", f"more than {limit} bytes")
