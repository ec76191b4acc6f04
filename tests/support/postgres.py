"""A PostgreSQL server of one's own: Debian's programs, a temporary folder, a socket in it, a user who is not root."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

PROGRAMS = "/usr/lib/postgresql/*/bin/postgres"
USERS = ("postgres", "nobody")  # who runs it where the tests are root's


def programs() -> Path | None:
    """The folder of the newest server installed, or None."""
    found = [path.parent for path in Path("/").glob(PROGRAMS.lstrip("/"))]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


@dataclass
class Postgres:
    """A running server; databases in it are made and lost at will."""

    folder: Path
    bin: Path
    user: str | None
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://silah@/{name}?host={self.folder}"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"state_{next(self._numbers)}"
        with self._connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        options = {"listen_addresses": "", "unix_socket_directories": self.folder, "fsync": "off", "timezone": "UTC"}
        command = [str(self.bin / "postgres"), "-D", str(self.folder / "data")]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=self.user, cwd=self.folder)
        ready = [str(self.bin / "pg_isready"), "--quiet", "--host", str(self.folder), "--timeout", "1"]
        while subprocess.run(ready, check=False).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """At once, as a power cut would; who is connected is cut off."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=30)
            self.process = None

    def _connect(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user="silah", dbname=name, autocommit=True)


@contextlib.contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A server while the block runs."""
    user = None
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = next(name for name in USERS if name in names)
    folder = Path(tempfile.mkdtemp(prefix="silah-pg-"))  # a socket's path must be short
    server = Postgres(folder, programs, user)
    try:
        if user is not None:
            shutil.chown(folder, user)
        initdb = [str(programs / "initdb"), "-D", str(folder / "data"), "--username=silah", "--auth=trust", "--no-sync"]
        initdb += ["--encoding=UTF8", "--no-locale"]
        subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
