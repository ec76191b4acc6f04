"""service.workmates: a write through one worker is in effect in all of them when it is answered."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from service.workmates import Workmates


def other(folder: Path, seq: int) -> Path:
    """A workmate that lives as long as this process: its parent."""
    file = folder / f"{os.getppid()}.seq"
    file.write_text(str(seq), encoding="ascii")
    return file


def test_alone_there_is_nobody_to_wait_for(tmp_path: Path) -> None:
    mates = Workmates(tmp_path)
    assert mates.wait(7, 0)
    mates.tell(3)
    assert mates.wait(7, 0)  # one's own is known


def test_a_workmate_is_waited_for_until_it_has_the_entry(tmp_path: Path) -> None:
    mates, file = Workmates(tmp_path), other(tmp_path, 3)
    assert mates.wait(3, 0)
    assert not mates.wait(4, 0.02)
    threading.Timer(0.05, lambda: file.write_text("4", encoding="ascii")).start()
    assert mates.wait(4, 10)


def test_one_that_died_keeps_nobody_waiting(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (tmp_path / f"{process.pid}.seq").write_text("0", encoding="ascii")
    assert Workmates(tmp_path).wait(9, 0)


def test_what_is_told_stands_in_the_folder(tmp_path: Path) -> None:
    Workmates(tmp_path).tell(12)
    assert [file.read_text("ascii") for file in tmp_path.iterdir()] == ["12"]
