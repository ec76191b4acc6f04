"""Files wherever they are: found in order, unpacked by what they hold, told about without secrets."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import fsspec
import pyarrow as pa
import pytest
import zstandard
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st

from models.errors import FetchError, SourceError
from training.sources import opening
from training.sources.opening import files_at, shown


def contents(location: str) -> dict[str, bytes]:
    found = {}
    for file in files_at(location):
        with file.opened() as opened:
            found[file.name] = opened.read()
    return found


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    """A store of objects, empty."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"one two", id="plain"),
        pytest.param(gzip.compress(b"one two"), id="gzip"),
        pytest.param(gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two"), id="gzip in members"),
        pytest.param(zstd(b"one two"), id="zstandard"),
        pytest.param(zstd(b"one ") + b"\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstd(b"two"), id="zstandard in frames"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.zst", "a"])
def test_what_is_packed_is_known_by_its_bytes(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert contents(str(path)) == {str(path): b"one two"}
    assert contents(path.as_uri()) == {str(path): b"one two"}


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.999])
def test_what_was_there_before_the_damage_is_read(tmp_path: Path, pack: type, kept: float) -> None:
    whole = os.urandom(3_000_000)
    packed = pack(whole)
    path = tmp_path / "a"
    path.write_bytes(packed[: int(len(packed) * kept)])
    (file,) = files_at(str(path))
    got = b""
    with file.opened() as opened, pytest.raises(OSError, match=r"."):  # noqa: PT012  # what came before is looked at
        while data := opened.read(1000):
            got += data
    assert whole.startswith(got)
    assert len(got) > len(whole) * kept - 300_000


def test_rubbish_after_packed_bytes_is_an_error(tmp_path: Path) -> None:
    for data in (gzip.compress(b"a") + b"rubbish", zstd(b"a") + b"rubbish"):
        (tmp_path / "a").write_bytes(data)
        with pytest.raises(OSError, match=r"Not a gzipped file|Unknown frame"):
            contents(str(tmp_path / "a"))


def test_plain_files_can_be_sought_in_packed_ones_not(tmp_path: Path) -> None:
    for data, seekable in ((b"0123456789", True), (gzip.compress(b"0123456789"), False)):
        (tmp_path / "a").write_bytes(data)
        (file,) = files_at(str(tmp_path / "a"))
        with file.opened() as opened:
            assert opened.seekable() is seekable
            if seekable:
                assert opened.seek(-3, os.SEEK_END) == 7
                assert (opened.tell(), opened.read(2)) == (7, b"78")
            else:
                with pytest.raises(OSError, match=r"seek|tell"):
                    opened.raw.seek(0)
                with pytest.raises(OSError, match=r"seek|tell"):
                    opened.raw.tell()


def test_patterns_give_the_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "أخبار/c.csv", "x/y/d.csv", "x/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    assert list(contents(f"{tmp_path}/*.csv")) == [f"{tmp_path}/a.csv", f"{tmp_path}/b.csv"]
    assert [Path(name).name for name in contents(f"{tmp_path}/**/*.csv")] == ["a.csv", "b.csv", "d.csv", "c.csv"]
    assert list(contents(f"file://localhost{tmp_path}/[ab].csv")) == [f"{tmp_path}/a.csv", f"{tmp_path}/b.csv"]


def test_a_file_called_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "[a].csv").write_bytes(b"this")
    (tmp_path / "a.csv").write_bytes(b"not this")
    assert list(contents(f"{tmp_path}/[a].csv").values()) == [b"this"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none.csv", "no such file"),
        ("*.csv", "no file matches"),
        ("folder", "not a file"),
        ("a" * 300, "File name too long"),
        ("a\0b", "embedded null byte"),
        ("file/below", "Not a directory"),
    ],
)
def test_what_is_not_there_is_refused_at_once(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=problem):
        files_at(f"{tmp_path}/{name}")


def test_a_pipe_is_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(b"through a pipe"),))
    writer.start()
    assert contents(str(pipe)) == {str(pipe): b"through a pipe"}
    writer.join()


def test_standard_input_is_read_and_stays_open() -> None:
    program = (
        "import sys; from training.sources.opening import files_at\n"
        "(file,) = files_at('-')\n"
        "with file.opened() as opened: print(file.name, opened.read().decode())\n"
        "print(sys.stdin.buffer.closed)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=gzip.compress(b"typed"), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["-", "typed", "False"]


def test_stores_of_objects_are_read(store: MemoryFileSystem) -> None:
    for name in ("news/b.csv", "news/a.csv", "news/old/c.csv", "[a].csv"):
        store.pipe(f"/{name}", gzip.compress(name.encode()))
    assert contents("memory://news/a.csv") == {"memory://news/a.csv": b"news/a.csv"}
    assert list(contents("memory://news/*.csv").values()) == [b"news/a.csv", b"news/b.csv"]
    assert list(contents("memory://news/**/*.csv").values()) == [b"news/a.csv", b"news/b.csv", b"news/old/c.csv"]
    assert list(contents("memory://[a].csv").values()) == [b"[a].csv"]


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("memory://news/none.csv", "no such file"),
        ("memory://news/*.xml", "no such file"),
        ("memory://news", "not a file"),
        ("nowhere-at-all://a", "Protocol not known"),
        ("zip://a.csv::https://10.0.0.1/a.zip", "one address within another"),
        ("https://user:hunter2@site.example/a?token=hunter2", "the web is not asked here"),
    ],
)
def test_what_no_store_has_is_refused_at_once(store: MemoryFileSystem, location: str, problem: str) -> None:
    store.pipe("/news/a.csv", b"")
    with pytest.raises(SourceError, match=problem) as refused:
        files_at(location)
    assert "hunter2" not in str(refused.value)


def test_a_store_that_fails_is_told(store: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    store.pipe("/a", b"12345")
    (file,) = files_at("memory://a")

    def failing(*_: object, **__: object) -> None:
        raise LookupError("no credentials\nand more")

    monkeypatch.setattr(MemoryFileSystem, "info", failing)
    with pytest.raises(SourceError, match=r"cannot read memory://a: no credentials$"):
        files_at("memory://a")
    monkeypatch.setattr(MemoryFileSystem, "_open", failing)
    with pytest.raises(SourceError, match=r"cannot read memory://a: no credentials$"), file.opened():
        pass


class Web:
    """Answers in small pieces; breaks off after the last with an error."""

    def __init__(self, pieces: list[bytes | Exception]) -> None:
        self.pieces = pieces
        self.closed = False

    @contextmanager
    def __call__(self, url: str) -> Iterator[BinaryIO]:
        web = self

        class Body(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                piece = web.pieces.pop(0) if web.pieces else b""
                if isinstance(piece, Exception):
                    raise piece
                assert len(piece) <= size
                return piece

        yield Body()  # type: ignore[misc]  # as much of a file as is read
        self.closed = True


def test_the_web_is_asked_through_what_is_given() -> None:
    packed = gzip.compress(b"from afar")
    web = Web([packed[:1], packed[1:3], packed[3:]])
    (file,) = files_at("HTTPS://user:hunter2@site.example/a.gz?Signature=hunter2&a=b", web)
    assert file.name == "HTTPS://site.example/a.gz?Signature=***&a=b"
    assert "hunter2" not in repr(file)
    with file.opened() as opened:
        assert opened.read() == b"from afar"
    assert web.closed


@pytest.mark.parametrize(
    ("failure", "told"),
    [(FetchError("timeout", "slow"), FetchError), (LookupError("lost"), OSError), (ConnectionError("lost"), OSError)],
)
def test_an_answer_that_breaks_off_is_told_after_what_came(failure: Exception, told: type[Exception]) -> None:
    (file,) = files_at("https://site.example/a", Web([b"ab", b"cd", failure]))
    with file.opened() as opened:
        assert opened.read1(4) == b"abcd"
        with pytest.raises(told, match=r"slow|lost"):
            opened.read(1)


def test_what_fails_at_the_first_byte_is_not_opened() -> None:
    for failure, told in ((FetchError("timeout", "slow"), FetchError), (LookupError("lost"), SourceError)):
        (file,) = files_at("https://site.example/a", Web([failure]))
        with pytest.raises(told, match=r"slow|lost"), file.opened():
            pass


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("https://user:pa/ss@site.example/a", "https://site.example/a"),
        ("https://user:p@ss@site.example/a", "https://site.example/a"),
        ("https://token@site.example/a", "https://site.example/a"),
        ("https://site.example:8080/@author/a", "https://site.example:8080/@author/a"),
        ("https://site.example/@author", "https://site.example/@author"),
        ("s3://bucket/a?X-Amz-Credential=x&X-Amz-Signature=y&part=1", "s3://bucket/a?X-Amz-Credential=***&X-Amz-Signature=***&part=1"),
        ("news/a@b?key=1", "news/a@b?key=***"),
        ("https://site.example/?keyword=a&author=b", "https://site.example/?keyword=a&author=b"),
    ],
)  # fmt: skip
def test_secrets_are_not_shown(location: str, name: str) -> None:
    assert shown(location) == name


def test_errors_without_a_word_are_told_by_their_kind() -> None:
    assert opening.said(EOFError()) == "EOFError"
    assert opening.said(OSError(2, "No such file", "secret")) == "No such file"


@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from(["plain", "gzip", "zstd", "arrow"]))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], packing: str) -> None:
    pack = {
        "plain": bytes,
        "gzip": gzip.compress,
        "zstd": zstd,
        "arrow": lambda data: pa.compress(data, "zstd").to_pybytes(),
    }
    whole = b"".join(parts)
    if packing == "plain" and whole.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        return
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(b"".join(pack[packing](part) for part in parts))
    assert contents(str(path)) == {str(path): whole}
