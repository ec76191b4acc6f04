"""Memory: what processes hold, mapped files included, and the most that they held for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def resident(pid: int | None = None) -> int:
    """Bytes that a process has in memory, by default this one; 0 when it has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def highest() -> int:
    """The most bytes that this process had in memory since it began; Linux tells it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def below(pid: int) -> list[int]:
    """The processes that a process began, and those that these began; none when it has ended."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


@contextmanager
def watched(measure: Callable[[], int], pause: float) -> Iterator[list[int]]:
    """The highest measure while the block runs, looked at every ``pause`` seconds."""
    highest, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(pause):
            highest[0] = max(highest[0], measure())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield highest
    finally:
        done.set()
        thread.join()
