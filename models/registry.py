"""Registry: the versions in a folder, and which one is in service.

::

    artifacts/versions/<version>/   complete, or not there
    artifacts/current               the name of the version in service; replaced atomically
    artifacts/activations.jsonl     what was put in service, when and how; rolling back goes along it
    artifacts/.training             locked while a training runs
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.article import format_time, to_microseconds
from models.artifact import Manifest, Model, fsync_path, load, read_manifest, verify
from models.errors import (
    FolderNotWritable,
    ModelError,
    NoEarlierVersion,
    NothingPublished,
    TrainingRefused,
    VersionNotFound,
)

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_STAGED = ".staged-"


@dataclass(frozen=True, slots=True)
class Registry:
    """The model versions under one folder; reading needs no write permission."""

    root: Path

    @property
    def versions_folder(self) -> Path:
        return self.root / "versions"

    def folder(self, version: str) -> Path:
        """The folder of a complete version.

        Raises:
            VersionNotFound: when there is none of that name.
        """
        folder = self.versions_folder / version
        if not _NAME.fullmatch(version) or not folder.is_dir():
            raise VersionNotFound(version)
        return folder

    def names(self) -> list[str]:
        """Names of the complete versions, oldest first."""
        if not self.versions_folder.is_dir():
            return []
        there = self.versions_folder.iterdir()
        return sorted(path.name for path in there if _NAME.fullmatch(path.name) and path.is_dir())

    def manifests(self) -> list[Manifest]:
        """Manifests of the versions that have a sound one, oldest first."""
        found = []
        for name in self.names():
            try:
                found.append(read_manifest(self.versions_folder / name))
            except ModelError:
                continue  # `silah models verify` says what is wrong with it
        return found

    def current(self) -> str | None:
        """Name of the version in service, or None.

        Raises:
            ModelError: when the file that names it cannot be read.
        """
        pointer = self.root / "current"
        try:
            return pointer.read_text(encoding="utf-8").strip() or None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{pointer} cannot be read: {error}") from error

    def load_current(self) -> Model:
        """Load the version in service.

        Raises:
            NothingPublished: when none is; other errors of :func:`models.artifact.load`.
        """
        version = self.current()
        if version is None:
            raise NothingPublished(f"no model is published in {self.root}: run `silah train`")
        return load(self.folder(version))

    def verify(self, version: str) -> Manifest:
        """Check a version's manifest, files, arrays and analyzer.

        Raises:
            ModelError: the first thing that is wrong, by the name of its file.
        """
        return load(self.folder(version)).manifest

    @contextmanager
    def training(self) -> Iterator[None]:
        """One training at a time in this folder; what an interrupted one left is removed.

        Raises:
            TrainingRefused: when another training is running here.
        """
        self.versions_folder.mkdir(parents=True, exist_ok=True)
        with (self.root / ".training").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TrainingRefused(f"another training is running in {self.root}") from None
            for left in self.versions_folder.glob(f"{_STAGED}*"):
                shutil.rmtree(left)
            yield

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder to build a version in; removed unless :meth:`complete` took it."""
        folder = self.versions_folder / f"{_STAGED}{os.getpid()}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def complete(self, staged: Path, version: str) -> None:
        """Give a staged folder its name: from then on the version exists, whole."""
        staged.rename(self.versions_folder / version)
        fsync_path(self.versions_folder)

    def activate(self, version: str, now: datetime, action: str = "activate") -> None:
        """Put a version in service.

        Raises:
            VersionNotFound, FileRefused, AnalyzerMismatch, …: when it is not there or cannot be
                served; the one in service stays.
            FolderNotWritable: this process may read here, not write.
        """
        verify(self.folder(version))
        try:
            self._point(version, now, action)
        except OSError as error:
            raise FolderNotWritable(f"{self.root} cannot be written: {error.strerror}") from error

    def rollback(self, now: datetime) -> str:
        """Put the version back in service that was there before the present one; its name.

        Going back twice goes two versions back. Versions that are gone are passed over.

        Raises:
            NoEarlierVersion: when there is none to go back to; other errors of :meth:`activate`.
        """
        current, there = self.current(), self.names()
        before = [name for name in self._stack() if name != current and name in there]
        if current is None or not before:
            raise NoEarlierVersion("no earlier version to roll back to")
        self.activate(before[-1], now, "rollback")
        return before[-1]

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest ``keep`` versions, never the one in service; names of the removed."""
        current = self.current()
        spare = [name for name in self.names() if name != current]
        kept = keep - 1 if current in self.names() else keep
        removed = spare[: max(len(spare) - max(kept, 0), 0)]
        for name in removed:
            # renamed first: a version half removed must not look complete
            doomed = self.versions_folder / f"{_STAGED}{name}"
            (self.versions_folder / name).rename(doomed)
            shutil.rmtree(doomed)
        return removed

    def _point(self, version: str, now: datetime, action: str) -> None:
        # its own: several may be at it at once, on several machines
        draft = self.root / f".current-{os.getpid()}-{to_microseconds(now)}"
        try:
            draft.write_text(f"{version}\n", encoding="utf-8")
            fsync_path(draft)
            draft.replace(self.root / "current")
        finally:
            draft.unlink(missing_ok=True)
        fsync_path(self.root)
        # after the pointer: without this line a rollback still finds the version before
        entry = json.dumps({"at": format_time(now), "version": version, "action": action})
        with (self.root / "activations.jsonl").open("a+b") as log:
            if log.tell():
                log.seek(-1, os.SEEK_END)
                if log.read() != b"\n":  # a line cut short by a crash must not swallow this one
                    log.write(b"\n")
            log.write(f"{entry}\n".encode())
            log.flush()
            os.fsync(log.fileno())

    def _stack(self) -> list[str]:
        """The versions put in service, oldest first; those that were rolled back from are gone."""
        stack: list[str] = []
        for version, action in self._activations():
            if action == "rollback" and version in stack:
                del stack[_last(stack, version) + 1 :]
            else:
                stack.append(version)
        current = self.current()
        if current in stack:  # a rollback whose line was lost to a crash
            del stack[_last(stack, current) + 1 :]
        return stack

    def _activations(self) -> Iterator[tuple[str, str]]:
        try:
            lines = (self.root / "activations.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return
        for line in lines:
            try:
                entry = json.loads(line)
                yield entry["version"], entry["action"]
            except (ValueError, KeyError, TypeError):
                continue  # a line cut short by a crash


def _last(stack: list[str], version: str) -> int:
    return len(stack) - 1 - stack[::-1].index(version)
