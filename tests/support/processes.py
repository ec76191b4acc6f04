"""The command as a user has it: processes of their own, started in a folder of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.serving import eventually

SILAH = Path(sys.executable).with_name("silah")
ADDRESS = re.compile(r"http://\S+:\d+")
START = 60.0  # seconds that a process may take to begin: the machine may be busy


def silah(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [str(SILAH), *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=120, check=False
    )


def silah_json(folder: Path, *arguments: str | Path) -> dict[str, Any]:
    """Run a command that must succeed; the document that it prints."""
    done = silah(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@dataclass
class Server:
    """A running server process."""

    process: subprocess.Popen[bytes]
    log: Path
    address: str = ""

    def get(self, path: str, **given: Any) -> httpx.Response:
        """Ask on a connection of its own, so that any of the workers may answer."""
        return httpx.get(f"{self.address}{path}", timeout=10, **given)

    def ready(self) -> dict[str, Any] | None:
        """What /health/ready answers, or None while it does not with 200."""
        try:
            response = self.get("/health/ready")
        except httpx.TransportError:
            return None
        return dict(response.json()) if response.status_code == 200 else None

    def model(self) -> str | None:
        """The version that answers."""
        ready = self.ready()
        return None if ready is None else ready["model"]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@contextmanager
def running(folder: Path, *arguments: str | Path) -> Iterator[Server]:
    """A server from the moment on at which it has printed its address; ended afterwards whatever happens."""
    log = folder / f"server-{len(list(folder.glob('server-*.log')))}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(SILAH), *map(str, arguments)], cwd=folder, env=_environment(), stdout=output, stderr=output
        )
    server = Server(process, log)
    try:

        def printed() -> str | None:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            match = ADDRESS.search(log.read_text(encoding="utf-8"))
            return match.group() if match else None

        server.address = eventually(printed, START)
        yield server
    finally:
        if process.poll() is None:
            try:
                server.stop()
            finally:
                process.kill()
                process.wait()


@dataclass
class Reading:
    """A reader who never stops; what went wrong and which versions answered, each once, in their order."""

    failures: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    answers: int = 0


@contextmanager
def reading(server: Server, *paths: str) -> Iterator[Reading]:
    """Read the paths again and again until the block ends."""
    found = Reading()
    stop = threading.Event()

    def read() -> None:
        with httpx.Client(base_url=server.address, timeout=10) as client:
            while not stop.wait(0.005):  # as fast as answers come, the reader would starve those who are waited for
                for path in paths:
                    try:
                        response = client.get(path)
                    except httpx.HTTPError as error:
                        found.failures.append(f"{path}: {error!r}")
                        continue
                    found.answers += 1
                    if response.status_code != 200:
                        found.failures.append(f"{path}: {response.status_code} {response.text}")
                        continue
                    version = response.json()["model"]["version"]
                    if found.versions[-1:] != [version]:
                        found.versions.append(version)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield found
    finally:
        stop.set()
        reader.join()


def _environment() -> dict[str, str]:
    """The environment without settings of Silah but for the number of jobs, and without colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SILAH_", "PROMETHEUS_"))}
    return {**kept, "SILAH_JOBS": "1", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
