"""Files of a location, wherever they are: a path, a pattern, standard input, an object store; unpacked when read.

What is packed is known by its first bytes, never by its name. Whatever goes wrong while a file is read comes as an
OSError, so that readers need to know of one kind only.
"""

from __future__ import annotations

import glob
import gzip
import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

from models.errors import SilahError, SourceError
from training.sources.addresses import on_the_web, scheme_of
from training.sources.extras import required

STDIN = "-"
OpenAddress = Callable[[str], AbstractContextManager[BinaryIO]]

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_AHEAD = 128 * 1024  # bytes
# who asks stands before the host; where the part up to the first slash is a host alone, an @ is of the path
_WHO = re.compile(r"(?<=://)(?![^/:@]*(?::\d{1,5})?(?:/|$))(?:[^/]*@|[^@]*@)")
_SECRET = re.compile(r"(?i)([?&][^=&#]*(?:key(?!word)|token|secret|pass|pwd|sig|auth(?!or=)|cred)[^=&#]*=)[^&#]*")


@dataclass(frozen=True, slots=True)
class FileAt:
    """One file that can be opened.

    Attributes:
        name: as it is shown: without passwords and tokens.
    """

    name: str
    _open: Callable[[], AbstractContextManager[BinaryIO]] = field(repr=False)

    @contextmanager
    def opened(self) -> Iterator[io.BufferedReader]:
        """Its bytes, unpacked where they are gzip or zstandard, in any number of members.

        It can be sought in where it is a plain file. Reading raises nothing but OSError and :class:`SilahError`.

        Raises:
            SourceError: it cannot be opened.
        """
        with ExitStack() as held:
            with _told(self.name):
                file = _unpacked(held.enter_context(self._open()))
            yield file


def files_at(location: str, web: OpenAddress | None = None) -> tuple[FileAt, ...]:
    """The files of a location in the order of their names; nothing of them is read yet.

    Args:
        location: a path, or a pattern with ``*``, ``?``, ``[…]`` and ``**`` where no file has this very name; ``-``
            for standard input; ``file://``; an address of the web; any other address that fsspec knows.
        web: opens an address of the web.

    Raises:
        SourceError: nothing is there, or no file.
    """
    if location == STDIN:
        return (FileAt(STDIN, lambda: nullcontext(sys.stdin.buffer)),)
    scheme = scheme_of(location)
    if scheme is None:
        return _local(location)
    if scheme == "file":
        return _local(unquote(location[len("file://") :].removeprefix("localhost")))
    if on_the_web(location):
        if web is None:
            raise SourceError(f"cannot read {shown(location)}: the web is not asked here")
        return (FileAt(shown(location), partial(web, location)),)
    return _remote(location)


def shown(location: str) -> str:
    """A location as it may be shown: an address without who asks, and without parameters that sound secret."""
    return masked(_WHO.sub("", location, count=1))


def masked(location: str) -> str:
    """An address without the values of parameters that sound secret."""
    return _SECRET.sub(r"\1***", location)


def said(error: Exception) -> str:
    """What an error says, in one line."""
    told = (getattr(error, "strerror", None) or str(error)).strip().splitlines()
    return told[0] if told else type(error).__name__


def _local(name: str) -> tuple[FileAt, ...]:
    try:
        Path(name).stat()
    except FileNotFoundError:
        names = sorted(one for one in glob.glob(name, recursive=True) if not Path(one).is_dir())  # noqa: PTH207  # keeps what was typed
        if not names:
            problem = "no file matches" if glob.has_magic(name) else "no such file"
            raise SourceError(f"cannot read {name}: {problem}") from None
        return tuple(FileAt(one, partial(_file, one)) for one in names)
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot read {name}: {said(error)}") from error
    if Path(name).is_dir():
        raise SourceError(f"cannot read {name}: not a file")
    return (FileAt(name, partial(_file, name)),)


def _file(name: str) -> BinaryIO:
    return Path(name).open("rb")


def _remote(location: str) -> tuple[FileAt, ...]:
    name = shown(location)
    if "::" in location:  # it could ask the web past whoever guards that
        raise SourceError(f"cannot read {name}: one address within another")
    fsspec = required("fsspec", "remote")
    with _told(name):
        store, path = fsspec.core.url_to_fs(location)
        try:
            found = {path: store.info(path)}
        except FileNotFoundError:
            found = store.glob(path, detail=True) if glob.has_magic(path) else {}
    files = sorted(path for path, about in found.items() if about["type"] != "directory")
    if not files:
        raise SourceError(f"cannot read {name}: {'not a file' if found else 'no such file'}")
    names = [name] if files == [path] else [shown(store.unstrip_protocol(one)) for one in files]
    return tuple(FileAt(one, partial(store.open, at, "rb")) for one, at in zip(names, files, strict=True))


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except SilahError:
        raise
    except Exception as error:  # libraries of stores have errors of their own
        raise SourceError(f"cannot read {name}: {said(error)}") from error


def _unpacked(raw: BinaryIO) -> io.BufferedReader:
    file: io.BufferedReader = io.BufferedReader(_Checked(raw), _AHEAD)
    first = file.peek(4)
    if first.startswith(_GZIP):
        return io.BufferedReader(_Checked(gzip.GzipFile(fileobj=file), packed=True), _AHEAD)
    if first.startswith(_ZSTD):
        # pyarrow's, because zstandard's own reader takes a file that is cut short for a whole one
        stream = required("pyarrow", "files").CompressedInputStream(file, "zstd")
        return io.BufferedReader(_Checked(stream, packed=True), _AHEAD)
    return file


class _Checked(io.RawIOBase):
    """Bytes of a file, as many as are asked for; every failure is an OSError and comes after the bytes before it."""

    def __init__(self, file: Any, *, packed: bool = False) -> None:
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._file = None if packed else file
        self._failure: OSError | SilahError | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file is not None and self._file.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence)) if self._file is not None else super().seek(offset, whence)

    def tell(self) -> int:
        return int(self._file.tell()) if self._file is not None else super().tell()

    def readinto(self, buffer: Any) -> int:
        view, filled = memoryview(buffer), 0
        while filled < len(view) and self._failure is None:
            try:
                data = self._read(len(view) - filled)
            except (OSError, SilahError) as error:
                self._failure = error
            except Exception as error:  # noqa: BLE001  # what unpacks has errors of its own, what fetches as well
                self._failure = OSError(said(error))
            else:
                if not data:
                    break
                view[filled : filled + len(data)] = data
                filled += len(data)
        if self._failure is not None and not filled:
            raise self._failure
        return filled
