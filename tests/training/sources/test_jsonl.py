"""JSON Lines: what a file holds comes out, what is no record is named, what is damaged is an error."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SourceError
from tests.support import sources
from training.sources.jsonl import MAX_LINE, read_jsonl
from training.sources.opening import files_at
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

THREE = [
    {"id": "1", "title": "فيضان النهر"},
    {"id": "2", "title": "مهرجان المسرح"},
    {"id": "3", "title": "سوق الأسهم"},
]
LINES = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in THREE).encode()


def written(folder: Path, data: bytes, name: str = "articles.jsonl") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(path: Path, options: SourceOptions | None = None) -> Iterator[SourceRecord]:
    return sources.records(read_jsonl, path, options)


def values(path: Path, options: SourceOptions | None = None) -> list[Any]:
    return sources.values(read_jsonl, path, options)


def reasons(path: Path) -> list[str]:
    return [value if isinstance(value, str) else "" for value in values(path)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(LINES, id="plain"),
        pytest.param(LINES.rstrip(b"\n"), id="no newline at the end"),
        pytest.param(LINES.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + LINES, id="byte order mark"),
        pytest.param(b"\n\r\n" + LINES.replace(b"\n", b"\n \t\n"), id="blank lines"),
        pytest.param(LINES.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xfe\xff" + LINES.decode().encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(gzip.compress(LINES), id="gzip"),
        pytest.param(gzip.compress(b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n")), id="gzip, mark and CRLF"),
        pytest.param(gzip.compress(LINES[:40]) + gzip.compress(LINES[40:]), id="gzip in two members"),
    ],
)
@pytest.mark.parametrize("name", ["articles.jsonl", "articles.jsonl.gz"])
def test_same_records_however_they_are_written(tmp_path: Path, data: bytes, name: str) -> None:
    assert values(written(tmp_path, data, name)) == THREE


def test_lines_are_counted_from_one_blank_ones_too(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"id": 1}\n\n\r\n{"id": 2}\n[]\n')
    assert [record.line for record in read(path)] == [1, 4, 5]
    assert {record.source for record in read(path)} == {str(path)}


@pytest.mark.parametrize("data", [b"", b"\n\n", gzip.compress(b"")], ids=["no bytes", "blank lines", "empty gzip"])
def test_empty_file_holds_no_record(tmp_path: Path, data: bytes) -> None:
    assert values(written(tmp_path, data)) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b'{"id": "1", "title": "', "not_json", id="cut short"),
        pytest.param(b"title,body", "not_json", id="CSV"),
        pytest.param(b"{'id': '1'}", "not_json", id="single quotes"),
        pytest.param(b'{"id": 1}{"id": 2}', "not_json", id="two objects"),
        pytest.param(b'{"title": "a\x01b"}', "not_json", id="raw control character"),
        pytest.param(b'\xef\xbb\xbf{"id": 1}', "not_json", id="byte order mark after the start"),
        pytest.param(b"[" * 200_000, "not_json", id="deep nesting"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not_json", id="deep and closed"),
        pytest.param(b'{"id": ' + b"9" * 5_000 + b"}", "not_json", id="number without end"),
        pytest.param(b'[{"id": "1"}]', "not_an_object", id="list"),
        pytest.param(b'"text"', "not_an_object", id="string"),
        pytest.param(b"17", "not_an_object", id="number"),
        pytest.param(b"null", "not_an_object", id="null"),
        pytest.param(b"NaN", "not_an_object", id="NaN"),
        pytest.param(b'{"title": "\xff"}', "not_utf8", id="stray byte"),
        pytest.param('{"title": "خبر"}'.encode("cp1256"), "not_utf8", id="Windows-1256"),
        pytest.param('{"title": "خبر"}'.encode("utf-16"), "not_utf8", id="UTF-16"),
        pytest.param(b'{"title": "\xed\xa0\x80"}', "not_utf8", id="surrogate as bytes"),
    ],
)
def test_bad_line_is_named_and_the_next_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    assert reasons(written(tmp_path, b'{"id": "0"}\n' + line + b'\n{"id": "2"}\n')) == ["", reason, ""]


def test_line_of_the_longest_length_is_read_a_longer_one_passed_over(tmp_path: Path) -> None:
    def line(size: int) -> bytes:
        frame = b'{"body": ""}\n'
        return frame[:10] + b"a" * (size - len(frame)) + frame[10:]

    data = line(MAX_LINE) + line(MAX_LINE + 1) + line(2 * MAX_LINE + 7) + line(100)
    path = written(tmp_path, gzip.compress(data, 1))
    assert reasons(path) == ["", "too_long", "too_long", ""]
    assert [record.line for record in read(path)] == [1, 2, 3, 4]


def test_last_of_two_equal_keys_wins(tmp_path: Path) -> None:
    assert values(written(tmp_path, b'{"id": "1", "title": "a", "title": "b"}\n')) == [{"id": "1", "title": "b"}]


def test_nan_within_an_object_is_a_number_that_is_none(tmp_path: Path) -> None:
    (value,) = values(written(tmp_path, b'{"id": NaN, "score": -Infinity}\n'))
    assert value["id"] != value["id"]
    assert value["score"] == float("-inf")


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_cut_gzip_is_an_error_after_what_could_be_read(tmp_path: Path, kept: float) -> None:
    whole = gzip.compress(LINES * 5_000)
    path = written(tmp_path, whole[: int(len(whole) * kept)])
    stream = read(path)
    with pytest.raises(SourceError, match=r"cannot read .*articles\.jsonl after line \d+: .*"):
        assert all(isinstance(record.value, dict) for record in stream)


def test_cut_gzip_gives_the_records_before_the_cut(tmp_path: Path) -> None:
    noise = [{"id": str(number), "title": f"{number * 2_654_435_761 % 2**32:x}"} for number in range(20_000)]
    whole = gzip.compress("".join(json.dumps(record) + "\n" for record in noise).encode())
    stream = read(written(tmp_path, whole[: len(whole) // 2]))
    assert [record.value for record in islice(stream, 1_000)] == noise[:1_000]
    with pytest.raises(SourceError):
        list(stream)


@pytest.mark.parametrize("place", ["middle", "checksum", "length"])
def test_damaged_gzip_is_an_error(tmp_path: Path, place: str) -> None:
    data = bytearray(gzip.compress(LINES * 200))
    at = {"middle": len(data) // 2, "checksum": -8, "length": -4}[place]
    data[at] ^= 0xFF
    with pytest.raises(SourceError, match="cannot read"):
        values(written(tmp_path, bytes(data)))


def test_rubbish_after_a_gzip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="after line 3"):
        values(written(tmp_path, gzip.compress(LINES) + b"rubbish"))


def test_file_gone_before_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, LINES)
    stream = sources.records(read_jsonl, path)
    (file,) = files_at(str(path))
    path.unlink()
    with pytest.raises(SourceError, match=r"cannot read .*articles\.jsonl: No such file"), file.opened():
        pass
    with pytest.raises(SourceError, match="no such file"):
        next(stream)


def test_an_encoding_may_be_said(tmp_path: Path) -> None:
    path = written(tmp_path, LINES.decode().encode("windows-1256"))
    assert values(path, SourceOptions(encoding="windows-1256")) == THREE
    assert values(written(tmp_path, b"\xef\xbb\xbf" + LINES), SourceOptions(encoding="utf-8")) == THREE
    path = written(tmp_path, b'{"id": 1}\r{"id": 2}\n{"id": 3, "title": "\xff"}\n')
    assert values(path, SourceOptions(encoding="UTF8")) == ["not_json", {"id": 3, "title": "\ufffd"}]
    with pytest.raises(SourceError, match="unknown encoding: no-such"):
        values(path, SourceOptions(encoding="no-such"))
    with pytest.raises(SourceError, match="after line 0: "):
        values(path, SourceOptions(encoding="idna"))


def test_members_are_renamed(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"ID": 7, "title": "x", "post_title": "y", "z": 1}\n{"ID": 8, "title": "x"}\n[]\n')
    options = SourceOptions(columns={"id": "ID", "title": "post_title"})
    assert values(path, options) == [{"id": 7, "title": "y", "z": 1}, {"id": 8}, "not_an_object"]


def test_a_mapping_of_keys_that_no_record_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no record has the key titel; there are id, title"):
        values(written(tmp_path, LINES), SourceOptions(columns={"titel": "title"}))


def test_long_lines_of_utf_16_are_passed_over_whole(tmp_path: Path) -> None:
    text = '{"id": 1}\n{"title": "' + "خ" * (MAX_LINE + 9) + '"}\n{"title": "' + "خ" * (MAX_LINE - 99) + '"}\n{"id": 2}'
    path = written(tmp_path, gzip.compress(text.encode("utf-16"), 1))
    assert values(path) == [{"id": 1}, "too_long", "too_long", {"id": 2}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=4), max_size=6),
    st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r\n \r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_any_objects_come_back(
    tmp_path_factory: pytest.TempPathFactory, objects: list[dict[str, Any]], newline: bytes, packed: bool, escaped: bool
) -> None:
    data = b"".join(json.dumps(value, ensure_ascii=escaped).encode() + newline for value in objects)
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert values(path) == objects
