"""Where an import sends articles: a file that grows, whatever happened to it, and a service that may be away."""

from __future__ import annotations

import errno
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.errors import RecordError, SourceError, StateError
from service.client import Silah, SilahError
from training.importing.memory import Memory, digest_of
from training.importing.targets import ATTEMPTS, FileTarget, ServiceTarget, StreamTarget, line_of
from training.records import Deletion

ONE, TWO, THREE = (Article(str(number), title) for number, title in enumerate(("فيضان", "مهرجان", "سوق"), 1))


@pytest.fixture(params=["news.jsonl", "news.jsonl.gz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "new folder" / str(request.param)


@contextmanager
def opened(path: Path) -> Iterator[tuple[FileTarget, Memory]]:
    path.parent.mkdir(exist_ok=True)
    with Memory.opened(path.with_suffix(".memory")) as memory, FileTarget.opened(path, memory) as target:
        yield target, memory


def send(path: Path, *articles: Article) -> None:
    """What an import does with articles, up to its commit."""
    with opened(path) as (target, memory):
        for article in articles:
            target.put(article)
            memory.keep(article.id, digest_of(line_of(article)))
        target.flush()
        memory.commit()


def lines(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()]


def known(path: Path) -> list[str]:
    """Which of the three the memory knows as they are."""
    with opened(path) as (_, memory):
        return [one.id for one in (ONE, TWO, THREE) if memory.sent(one.id) == digest_of(line_of(one))]


def test_a_file_grows_from_run_to_run(path: Path) -> None:
    send(path, ONE, TWO)
    send(path, THREE)
    send(path)
    assert lines(path) == [one.to_record() for one in (ONE, TWO, THREE)]
    assert known(path) == ["1", "2", "3"]


def test_a_deletion_is_a_line_of_its_own(path: Path) -> None:
    with opened(path) as (target, _):
        target.delete("7")
        target.flush()
    assert lines(path) == [{"id": "7", "deleted": True}]


def test_nothing_stands_in_the_file_before_it_is_flushed(path: Path) -> None:
    with opened(path) as (target, _):
        target.put(ONE)
    assert path.read_bytes() == b""


def test_what_stands_in_a_file_without_memory_is_remembered(path: Path) -> None:
    send(path, ONE, TWO)
    path.with_suffix(".memory").unlink()
    assert known(path) == ["1", "2"]


def test_what_came_after_the_last_commit_is_remembered_too(path: Path) -> None:
    send(path, ONE)
    with opened(path) as (target, _):  # as if it were killed between the file and the memory
        target.put(TWO)
        target.flush()
    assert known(path) == ["1", "2"]
    assert lines(path) == [ONE.to_record(), TWO.to_record()]


def test_what_was_torn_off_is_cut(path: Path) -> None:
    send(path, ONE)
    remembered = path.with_suffix(".memory").read_bytes()
    send(path, TWO)
    path.with_suffix(".memory").write_bytes(remembered)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 3)
    assert known(path) == ["1"]
    send(path, THREE)
    assert lines(path) == [ONE.to_record(), THREE.to_record()]


def test_a_record_without_a_line_end_stays_and_a_torn_one_goes(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text('{"id": "1", "title": "فيضان"}', encoding="utf-8")
    send(path, TWO)
    assert [line["id"] for line in lines(path)] == ["1", "2"]
    with path.open("ab") as file:
        file.write(b'{"id": "3", "ti')
    send(path, THREE)
    assert [line["id"] for line in lines(path)] == ["1", "2", "3"]


@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.gz"])
def test_a_longer_file_of_the_name_is_another_all_the_same(tmp_path: Path, name: str) -> None:
    path, other = tmp_path / name, tmp_path / f"other-{name}"
    send(path, ONE)
    send(other, *[TWO] * 20, THREE)
    path.unlink()
    other.rename(path)
    assert known(path) == ["2", "3"]


def test_what_a_full_disk_did_not_take_is_not_half_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    send(path, ONE)
    with opened(path) as (target, memory):
        target.put(TWO)
        with monkeypatch.context() as patched:
            patched.setattr("os.fsync", full)
            with pytest.raises(StateError, match="No space left"):
                target.flush()
        memory.rollback()
        target.put(THREE)
        target.flush()
        memory.commit()
    assert lines(path) == [ONE.to_record(), THREE.to_record()]


@pytest.mark.parametrize("left", [0, 5])
def test_another_file_of_the_name_makes_the_memory_worthless(path: Path, left: int) -> None:
    send(path, ONE, TWO)
    path.unlink()
    if left:
        path.write_bytes(b"" if path.suffix == ".gz" else b"\n" * left)
    assert known(path) == []


def test_a_packed_file_that_is_damaged_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 1, "title": "x"}\n' * 100)[:-9])
    before = path.read_bytes()
    with pytest.raises(SourceError, match=r"news\.jsonl\.gz"):
        send(path, ONE)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "file").touch()
    with Memory.opened(None) as memory:
        for path in (tmp_path / "folder.jsonl", tmp_path / "file" / "news.jsonl"):
            with pytest.raises(StateError, match="cannot write"):
                written(path, memory)


def written(path: Path, memory: Memory) -> None:
    with FileTarget.opened(path, memory) as target:
        target.put(ONE)
        target.flush()


def test_a_stream_gets_a_line_each() -> None:
    stream = io.BytesIO()
    target = StreamTarget(stream)
    target.put(ONE)
    target.delete("9")
    target.flush()
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"id": "1", "title": "فيضان", "body": ""},
        {"id": "9", "deleted": True},
    ]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), st.text(st.characters(codec="utf-8")))
def test_a_line_is_one_line(title: str, body: str) -> None:
    line = line_of(Article("1", title, body))
    assert line.count("\n") == 1
    assert json.loads(line)["body"] == body
    assert line != line_of(Deletion("1"))


class Away(Silah):
    """A client whose service answers some problems first."""

    def __init__(self, *problems: int) -> None:
        self._problems = list(problems)
        self.taken: list[str] = []

    def put(self, article_id: str, record: Mapping[str, Any]) -> dict[str, Any]:
        if self._problems:
            status = self._problems.pop(0)
            raise SilahError({"status": status, "code": "some-code", "detail": "لا"})
        assert record["id"] == article_id
        self.taken.append(article_id)
        return {}

    def delete(self, article_id: str) -> None:
        self.taken.append(f"-{article_id}")


def test_a_service_that_is_away_for_a_while_is_asked_again() -> None:
    client, waits = Away(0, 503, 429), list[float]()
    target = ServiceTarget(client, waits.append)
    target.put(ONE)
    target.delete("2")
    target.flush()
    assert client.taken == ["1", "-2"]
    assert len(waits) == 3
    assert waits == sorted(waits)


@pytest.mark.parametrize("status", [0, 500, 401, 403])
def test_a_service_that_takes_nothing_ends_the_run(status: int) -> None:
    client, waits = Away(*[status] * ATTEMPTS), list[float]()
    with pytest.raises(StateError, match="takes no articles"):
        ServiceTarget(client, waits.append).put(ONE)
    assert len(waits) == (0 if status in {401, 403} else ATTEMPTS - 1)


def test_an_article_that_a_service_refuses_is_a_bad_record() -> None:
    with pytest.raises(RecordError) as refused:
        ServiceTarget(Away(422), lambda _: None).put(ONE)
    assert refused.value.reason == "some_code"
