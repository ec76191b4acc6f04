"""Harm done to files."""

from __future__ import annotations

from pathlib import Path


def flip_byte(path: Path) -> None:
    """Change the last byte of a file; the same call again repairs it."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    # another file in its place: whoever has mapped the old one keeps what it read
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(content)
    draft.replace(path)
