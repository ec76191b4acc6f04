"""Locations: what can be opened, and what a person is told of what cannot."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from models.errors import SourceError
from training.sources import open_source


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.ndjson.gz", "أخبار اليوم.jsonl"])
def test_known_names_are_opened(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b'{"id": 7}\n') if name.endswith(".gz") else b'{"id": 7}\n')
    assert [record.value for record in open_source(str(path))] == [{"id": 7}]


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.gz", "a", "a.jsonl.zip"])
def test_unknown_names_are_refused_with_those_that_are_known(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b'{"id": 7}\n')
    with pytest.raises(SourceError, match=r"must end in one of \.jsonl, \.ndjson, \.jsonl\.gz, \.ndjson\.gz"):
        open_source(str(path))


def test_missing_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read .*none\.jsonl: no such file"):
        open_source(str(tmp_path / "none.jsonl"))


def test_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(SourceError, match="not a file"):
        open_source(str(tmp_path / "folder.jsonl"))


@pytest.mark.parametrize("name", ["a" * 300 + ".jsonl", "file/a.jsonl"], ids=["long name", "below a file"])
def test_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="cannot read"):
        open_source(str(tmp_path / name))


def test_damage_is_told_when_it_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 7}\n')[:-4])
    stream = open_source(str(path))  # opening looks at the name only
    with pytest.raises(SourceError, match="after line"):
        list(stream)
