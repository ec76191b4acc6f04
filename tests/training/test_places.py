"""Places: a folder and an object store hold the same files, whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from training.places import Place, Remote, give, make, place, read, remove, take, write


@pytest.fixture(params=["folder", "store"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        yield tmp_path / "shared"
    else:
        address = f"memory://{uuid4().hex}/shared"
        yield place(address)
        store = fsspec.filesystem("memory")
        if store.exists(address):
            store.rm(address, recursive=True)


def test_what_is_written_is_read_as_a_whole_and_in_part(shared: Place) -> None:
    make(shared)
    make(shared)  # it may be there
    write(shared / "one", b"0123456789")
    assert read(shared / "one") == b"0123456789"
    assert read(shared / "one", 2, 5) == b"234"
    assert read(shared / "one", 7) == b"789"
    write(shared / "one", b"other")
    assert read(shared / "one") == b"other"


def test_what_is_not_there_is_not_found(shared: Place) -> None:
    make(shared)
    with pytest.raises(FileNotFoundError):
        read(shared / "nothing")


def test_files_are_given_and_taken_by_their_name(shared: Place, tmp_path: Path) -> None:
    make(shared)
    file, other = tmp_path / "numbers.bin", tmp_path / "other"
    file.write_bytes(b"1 2 3")
    other.mkdir()
    given = give(file, shared)
    assert given == shared / "numbers.bin"
    assert given.name == "numbers.bin"
    assert take(given, other).read_bytes() == read(given) == b"1 2 3"


def test_a_file_that_stands_in_the_folder_is_neither_given_nor_taken_again(tmp_path: Path) -> None:
    file = tmp_path / "numbers.bin"
    file.write_bytes(b"1 2 3")
    assert give(file, tmp_path) == take(file, tmp_path / "elsewhere") == file


def test_a_folder_is_removed_with_its_files_and_nothing_beside_it(shared: Place) -> None:
    beside = shared / "beside"
    for folder in (shared, beside, shared / "files"):
        make(folder)
    write(beside / "kept", b"k")
    write(shared / "files" / "one", b"1")
    remove(shared / "files")
    assert read(beside / "kept") == b"k"
    with pytest.raises(FileNotFoundError):
        read(shared / "files" / "one")


def test_nothing_is_left_beside_a_file_that_was_written(tmp_path: Path) -> None:
    write(tmp_path / "one", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_locations_without_a_protocol_and_those_of_files_are_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "fsspec", None)  # for these nobody needs it
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert place("shared") == place(f"file://{tmp_path}/shared") == place(str(tmp_path / "shared"))
    assert place("shared") == tmp_path / "shared"


def test_addresses_join_with_one_slash() -> None:
    assert str(Remote("memory://one/") / "two" / "three") == "memory://one/two/three"


def test_without_fsspec_an_address_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ValueError, match=r"pip install 'silah\[dask\]'"):
        place("s3://bucket/folder")


def test_an_address_that_nothing_opens_says_so() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        place("nonsense://bucket/folder")


def test_an_address_whose_own_package_is_missing_says_which() -> None:
    fsspec.register_implementation("far", "no_such_package.Far", errtxt="Install far")
    with pytest.raises(ValueError, match=r"far://bucket .*Install far"):
        place("far://bucket")
