"""Room: where arrays are made that grow with the archive, in memory or in mapped files."""

from __future__ import annotations

import os
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import numpy as np

Room = Callable[[str, tuple[int, ...], type[np.generic]], np.ndarray]
"""Makes an array of a name, a shape and a type, whose content is not defined."""


def in_memory(name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:  # noqa: ARG001
    """An array of which nothing outlives the process."""
    return np.empty(shape, dtype)


def on_disk(kept: Path, names: Container[str], work: Path) -> Room:
    """Arrays in mapped files: those of some names as ``<name>.npy`` in a folder, the others as long as they are used.

    What is mapped is the system's to write out and to forget; of the others the file has no name any more.

    Raises (the room):
        OSError: when the disk has no room for the array.
    """

    def room(name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
        path = (kept if name in names else work) / f"{name}.npy"
        array: np.ndarray[Any, Any] = np.lib.format.open_memmap(path, "w+", dtype, shape).view(np.ndarray)
        if hasattr(os, "posix_fallocate"):  # else a full disk would end the process when it writes
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        if name not in names:
            path.unlink()
        return array

    return room
