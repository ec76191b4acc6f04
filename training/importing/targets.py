"""Targets: where an import sends articles. A file that grows, standard output, or a running service."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Protocol

from models.article import Article
from models.errors import RecordError, SourceError, StateError
from training.importing.memory import Memory, digest_of
from training.records import Deletion, ReadCounts, read_articles
from training.sources.extras import required
from training.sources.jsonl import read_jsonl
from training.sources.opening import FileAt
from training.sources.options import SourceOptions

if TYPE_CHECKING:
    from service.client import Silah

SIZE = "size"  # the note that tells how long the file was at the last commit
PACKED = ".gz"
OWN = ""  # the location under which a target keeps its notes: no source has this name
ATTEMPTS = 6  # of one article at a service; about a minute with what is waited between them
LONGEST_WAIT = 30.0  # seconds


class Target(Protocol):
    """Takes articles and deletions, and makes them durable."""

    def put(self, article: Article) -> None:
        """Send an article on.

        Raises:
            RecordError: this one is refused; others may be taken.
            StateError: nothing can be sent at the moment.
        """

    def delete(self, article_id: str) -> None:
        """Send a deletion on; as :meth:`put`."""

    def flush(self) -> None:
        """What was sent is durable when it returns."""


class StreamTarget:
    """JSON Lines to a stream that is nobody's to remember, such as standard output."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def put(self, article: Article) -> None:
        self._stream.write(line_of(article).encode())

    def delete(self, article_id: str) -> None:
        self._stream.write(line_of(Deletion(article_id)).encode())

    def flush(self) -> None:
        self._stream.flush()


class FileTarget:
    """JSON Lines at the end of a file, gzipped where its name ends in ``.gz``: a member for what came at once."""

    def __init__(self, file: IO[bytes], path: Path, memory: Memory) -> None:
        self._file = file
        self._path = path
        self._memory = memory
        self._packed = path.suffix == PACKED
        self._waiting = io.BytesIO()

    @classmethod
    @contextmanager
    def opened(cls, path: Path, memory: Memory) -> Iterator[FileTarget]:
        """The file, made when there is none; the memory is brought in line with what stands in it.

        What a run that was broken off left behind its last commit is remembered, too, its torn last line is cut.

        Raises:
            StateError: the file cannot be written.
            SourceError: what stands in it is damaged.
        """
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("r+b" if path.exists() else "w+b")
        with file:
            with _writing(path):
                _catch_up(file, path, memory)
            yield cls(file, path, memory)

    def put(self, article: Article) -> None:
        self._waiting.write(line_of(article).encode())

    def delete(self, article_id: str) -> None:
        self._waiting.write(line_of(Deletion(article_id)).encode())

    def flush(self) -> None:
        data = self._waiting.getvalue()
        self._waiting = io.BytesIO()
        with _writing(self._path):
            if data:
                self._file.write(gzip.compress(data, mtime=0) if self._packed else data)
                self._file.flush()
                os.fsync(self._file.fileno())
        self._memory.notes(OWN)[SIZE] = str(self._file.tell())


class ServiceTarget:
    """A running service, by ``PUT`` and ``DELETE``; what it cannot take for the moment is tried again."""

    def __init__(self, client: Silah, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._tenacity = required("tenacity", "web")
        self._sleep = sleep

    def put(self, article: Article) -> None:
        self._send(self._client.put, article.id, article.to_record())

    def delete(self, article_id: str) -> None:
        self._send(self._client.delete, article_id)

    def flush(self) -> None:
        """An answer tells that it is durable: there is nothing left to do."""

    def _send(self, ask: Callable[..., Any], *given: Any) -> None:
        from service.client import SilahError  # noqa: PLC0415  # of the extra `client`

        again = self._tenacity.Retrying(
            retry=self._tenacity.retry_if_exception(lambda error: isinstance(error, SilahError) and _passes(error)),
            stop=self._tenacity.stop_after_attempt(ATTEMPTS),
            wait=self._tenacity.wait_exponential_jitter(initial=1, max=LONGEST_WAIT),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            again(ask, *given)
        except SilahError as error:
            if _passes(error) or error.problem["status"] in {401, 403}:
                raise StateError(f"the service takes no articles: {error}") from error
            raise RecordError(str(error.problem["code"]).replace("-", "_"), str(error)) from error


def line_of(said: Article | Deletion) -> str:
    """What is said of an article, as a line of JSON."""
    record = said.to_record() if isinstance(said, Article) else {"id": said.id, "deleted": True}
    return json.dumps(record, ensure_ascii=False) + "\n"


def _passes(error: Any) -> bool:
    """Whether what a service told may be over in a while."""
    status = error.problem["status"]
    return status in {0, 429} or status >= 500


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(f"cannot write {path}: {error.strerror or error}") from error


def _catch_up(file: IO[bytes], path: Path, memory: Memory) -> None:
    """Read what stands in the file and the memory does not know; leave the file at its end."""
    packed = path.suffix == PACKED
    size = file.seek(0, os.SEEK_END)
    known = int(memory.notes(OWN).get(SIZE, "0"))
    if size < known:  # another file of this name, or none: what was remembered is of no use
        memory.clear()
        known = 0
    try:
        _remember(path, known, memory)
    except SourceError:
        if not packed or not known:
            raise
        memory.rollback()  # a member that was not written to its end
        size = known
    if not packed:
        size = _end_of_lines(file, known, size)
    file.truncate(size)
    file.seek(size)
    memory.notes(OWN)[SIZE] = str(size)
    memory.commit()


def _remember(path: Path, start: int, memory: Memory) -> None:
    with FileAt(str(path), partial(_from, path, start)).opened() as file:
        records = read_jsonl(file, str(path), SourceOptions())
        for said in read_articles(records, ReadCounts(), io.StringIO()):
            memory.keep(said.id, digest_of(line_of(said)))


def _from(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file


def _end_of_lines(file: IO[bytes], start: int, end: int) -> int:
    """Where the last whole line ends, looked for from the end."""
    while end > start:
        begin = max(start, end - io.DEFAULT_BUFFER_SIZE)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return start
