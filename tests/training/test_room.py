"""Room: arrays in memory or in mapped files, of which only those with a name that stays remain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.disks import files_of_at_most
from training.room import in_memory, on_disk


def test_room_in_memory_has_the_shape_and_type() -> None:
    array = in_memory("rows", (3, 2), np.int32)
    assert (array.shape, array.dtype) == ((3, 2), np.int32)


def test_an_array_that_stays_is_a_file_of_its_name(tmp_path: Path) -> None:
    kept, work = tmp_path / "kept", tmp_path / "work"
    kept.mkdir()
    work.mkdir()
    room = on_disk(kept, {"rows"}, work)
    rows, scratch = room("rows", (2, 2), np.int32), room("scratch", (3,), np.float32)
    rows[:] = [[1, 2], [3, 4]]
    scratch[:] = 0.5
    assert np.load(kept / "rows.npy").tolist() == [[1, 2], [3, 4]]
    assert scratch.tolist() == [0.5, 0.5, 0.5]
    assert [path.name for path in kept.iterdir()] == ["rows.npy"]
    assert [*work.iterdir()] == []


def test_an_array_of_nothing_is_a_file_too(tmp_path: Path) -> None:
    assert on_disk(tmp_path, {"rows"}, tmp_path)("rows", (0, 7), np.int32).shape == (0, 7)
    assert np.load(tmp_path / "rows.npy").shape == (0, 7)


def test_a_full_disk_is_said_when_room_is_made(tmp_path: Path) -> None:
    with files_of_at_most(4096), pytest.raises(OSError, match="too large"):
        on_disk(tmp_path, {"rows"}, tmp_path)("rows", (100_000,), np.int32)
