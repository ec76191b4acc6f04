"""Targets: where an import sends articles. A file that grows, standard output, or a running service."""

from __future__ import annotations

import gzip
import hashlib
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
from training.sources.jsonl import MAX_LINE, read_jsonl
from training.sources.opening import FileAt
from training.sources.options import SourceOptions

if TYPE_CHECKING:
    from service.client import Silah

SIZE = "size"  # the note that tells how long the file was at the last commit
END = "end"  # and the one that tells how it ended then, so that another file of this name is not taken for it
_END_BYTES = 4096
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
        self._size = file.tell()
        self._waiting = io.BytesIO()

    @classmethod
    @contextmanager
    def opened(cls, path: Path, memory: Memory) -> Iterator[FileTarget]:
        """The file, made when there is none; the memory is brought in line with what stands in it.

        What a run that was broken off left behind its last commit is remembered, too; a last line that is torn is cut,
        one that only lacks its end gets it.

        Raises:
            StateError: the file cannot be written.
            SourceError: what stands in it is damaged.
        """
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("r+b" if path.exists() else "w+b", buffering=0)  # what is not written stays nowhere
        with file:
            with writing(path):
                _catch_up(file, path, memory)
            yield cls(file, path, memory)

    def put(self, article: Article) -> None:
        self._waiting.write(line_of(article).encode())

    def delete(self, article_id: str) -> None:
        self._waiting.write(line_of(Deletion(article_id)).encode())

    def flush(self) -> None:
        data = self._waiting.getvalue()
        self._waiting = io.BytesIO()
        with writing(self._path):
            if not data:
                return
            left = memoryview(gzip.compress(data, mtime=0) if self._packed else data)
            try:
                while left:
                    left = left[self._file.write(left) :]
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(self._size)  # so that nothing is ever written behind half a line
                self._file.seek(self._size)
                raise
            self._size = self._file.tell()
            _note(self._file, self._size, self._memory)


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
def writing(path: Path) -> Iterator[None]:
    """What goes wrong with a file comes as a StateError that names it."""
    try:
        yield
    except OSError as error:
        raise StateError(f"cannot write {path}: {error.strerror or error}") from error


def _catch_up(file: IO[bytes], path: Path, memory: Memory) -> None:
    """Read what stands in the file and the memory does not know; leave the file at its end."""
    packed = path.suffix == PACKED
    size = file.seek(0, os.SEEK_END)
    known = int(memory.notes(OWN).get(SIZE, "0"))
    if size < known or (known and _end(file, known) != memory.notes(OWN).get(END)):
        # another file of this name, or none: what was remembered is of no use
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
    _note(file, size, memory)
    memory.commit()


def _note(file: IO[bytes], size: int, memory: Memory) -> None:
    """Remember how long the file is and how it ends; leave it at its end."""
    notes = memory.notes(OWN)
    notes[SIZE], notes[END] = str(size), _end(file, size)


def _end(file: IO[bytes], size: int) -> str:
    """A digest of the last bytes before ``size``, where the file is left."""
    begin = max(0, size - _END_BYTES)
    file.seek(begin)
    return hashlib.blake2b(file.read(size - begin), digest_size=16).hexdigest()


def _remember(path: Path, start: int, memory: Memory) -> None:
    with FileAt(str(path), partial(_from, path, start)).opened() as file:
        records = read_jsonl(file, str(path), SourceOptions())
        for said in read_articles(records, ReadCounts(), io.StringIO()):
            memory.keep(said.id, digest_of(line_of(said)))


def _from(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file


def _end_of_lines(file: IO[bytes], start: int, size: int) -> int:
    """Where the last whole line ends, looked for from the end; a record that only lacks its line end gets one."""
    end, whole = size, start
    while end > start:
        begin = max(start, end - io.DEFAULT_BUFFER_SIZE)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            whole = begin + at + 1
            break
        end = begin
    file.seek(whole)
    if size - whole > MAX_LINE or not _is_record(file.read(size - whole)):
        return whole
    file.write(b"\n")
    return size + 1


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
