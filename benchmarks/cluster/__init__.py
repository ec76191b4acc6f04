"""Clusters of this machine: a Dask scheduler and workers as processes of their own, each with a limit of memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

DASK = Path(sys.executable).with_name("dask")
START = 60.0  # seconds: the machine may be busy
FILE = "scheduler.json"


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    address: str
    workers: tuple[subprocess.Popen[bytes], ...]

    def kill(self, number: int) -> None:
        """End a worker and its nanny, as when its machine loses power."""
        _killed(self.workers[number])


@contextmanager
def cluster(folder: Path, limits: Sequence[str]) -> Iterator[Cluster]:
    """A scheduler on a free port and a worker of one thread for each limit, all there; they end with the block."""
    started: list[subprocess.Popen[bytes]] = []
    (folder / FILE).unlink(missing_ok=True)  # of an earlier one
    with (folder / "cluster.log").open("ab") as log:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [str(DASK), *arguments, "--no-dashboard", "--scheduler-file", str(folder / FILE)]
            started.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True))
            return started[-1]

        try:
            scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
            address = _address(folder / FILE, scheduler)
            common = ("worker", "--host", "127.0.0.1", "--nthreads", "1", "--local-directory", str(folder))
            workers = tuple(start(*common, "--memory-limit", limit) for limit in limits)
            if workers:
                with Client(address, set_as_default=False) as client:
                    client.wait_for_workers(len(workers), timeout=START)
            yield Cluster(address, workers)
        finally:
            for process in reversed(started):
                _killed(process)


def wait_for(folder: Path, pattern: str, count: int, alive: subprocess.Popen[bytes]) -> None:
    """Wait until so many files are there; a process must be busy meanwhile."""
    while len(list(folder.glob(pattern))) < count:
        if alive.poll() is not None:
            raise RuntimeError(f"over before there were {count} of {pattern}")
        time.sleep(0.01)


def _address(file: Path, scheduler: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and scheduler.poll() is None:
        try:
            return str(json.loads(file.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise RuntimeError("no scheduler: see cluster.log")


def _killed(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
