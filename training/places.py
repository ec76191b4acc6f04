"""Places: where files stand that all machines of a training see: a shared folder, or whatever fsspec opens."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

EXTRA = "needs an extra package: pip install 'silah[dask]'"
LOCAL = "file://"


@dataclass(frozen=True, slots=True)
class Remote:
    """A file or folder by its address, such as ``s3://bucket/folder``."""

    url: str

    def __truediv__(self, name: str) -> Remote:
        return Remote(f"{self.url.rstrip('/')}/{name}")

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1]

    def opened(self) -> tuple[Any, str]:
        """The file system of the address, which fsspec keeps open, and the path in it."""
        from fsspec.core import url_to_fs  # noqa: PLC0415  # a folder needs no fsspec

        found: tuple[Any, str] = url_to_fs(self.url)
        return found


Place = Path | Remote


def place(location: str) -> Place:
    """The place that a location names.

    Raises:
        ValueError: what opens such an address is not installed, or there is nothing that does.
    """
    if location.startswith(LOCAL):
        return Path(location.removeprefix(LOCAL))
    if "://" not in location:
        return Path(location).absolute()
    found = Remote(location)
    try:
        found.opened()
    except ModuleNotFoundError as error:
        raise ValueError(f"{location} {EXTRA}") from error
    except ImportError as error:
        raise ValueError(f"{location} cannot be opened: {error}") from error
    return found


def read(file: Place, first: int = 0, last: int | None = None) -> bytes:
    """The bytes of a file from one place to one before another."""
    if isinstance(file, Remote):
        system, path = file.opened()
        found: bytes = system.cat_file(path, start=first, end=last)
        return found
    with file.open("rb") as opened:
        opened.seek(first)
        return opened.read(-1 if last is None else last - first)


def write(file: Place, data: bytes) -> None:
    """Write a file, whole or not at all; object stores do so of themselves."""
    if isinstance(file, Remote):
        system, path = file.opened()
        system.pipe_file(path, data)
        return
    draft = file.with_name(f".{file.stem}-{uuid4().hex}")  # several machines may write the same file
    draft.write_bytes(data)
    draft.replace(file)


def give(file: Path, folder: Place) -> Place:
    """Put a file into a folder, piece by piece, unless it is there; the file there."""
    target = folder / file.name
    if isinstance(target, Remote):
        system, path = target.opened()
        system.put_file(str(file), path)
    elif target != file:
        shutil.copyfile(file, target)
    return target


def take(file: Place, folder: Path) -> Path:
    """The file itself where it can be opened as it is, else a copy of it in ``folder``."""
    if not isinstance(file, Remote):
        return file
    system, path = file.opened()
    system.get_file(path, str(folder / file.name))
    return folder / file.name


def make(folder: Place) -> None:
    """Make a folder, unless it is there."""
    if isinstance(folder, Remote):
        system, path = folder.opened()
        system.makedirs(path, exist_ok=True)
    else:
        folder.mkdir(parents=True, exist_ok=True)


def remove(folder: Place) -> None:
    """Remove a folder with all that it holds."""
    if isinstance(folder, Remote):
        system, path = folder.opened()
        system.invalidate_cache()  # what it knows of the folder is older than what others wrote
        system.rm(path, recursive=True)
    else:
        shutil.rmtree(folder)
