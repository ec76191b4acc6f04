"""Executes the instructions of a Dockerfile by chroot."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from tests.image.dockerfile import Ignored, Instruction, Stage
from tests.image.host import LENT, Loan
from tests.image.sandbox import Sandbox, StepFailed, User, check

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Image:
    """A root folder and what a container engine keeps beside it."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    args: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    ports: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    workdir: str = "/"
    user: User = field(default_factory=User)
    commands: dict[str, list[str]] = field(default_factory=dict)

    def sandbox(self) -> Sandbox:
        """The root as its commands see it: as its user, with its variables."""
        return Sandbox(self.root, self.env, self.user, self.workdir)


class Builder:
    """Executes stages; the images that are done can be copied from."""

    def __init__(self, context: Path, base: str, clean: Path, loan: Loan, say: Callable[[str], None]) -> None:
        self._context, self._base, self._clean, self._loan, self._say = context, base, clean, loan, say
        self._ignored = Ignored((context / ".dockerignore").read_text(encoding="utf-8"))
        self._done: dict[str, Image] = {}

    def build(self, stage: Stage) -> Image:
        """Execute a stage on a fresh copy of the clean root.

        Raises:
            StepFailed: with the instruction that failed.
        """
        if stage.base != self._base:
            raise StepFailed(f"FROM {stage.base}: only {self._base} can be proven")
        image = Image(self._clean.with_name(f"stage-{stage.name}"))
        check(["cp", "-a", str(self._clean), str(image.root)])
        for number, instruction in enumerate(stage.instructions, start=1):
            started = time.monotonic()
            try:
                self._execute(image, instruction)
            except StepFailed as error:
                raise StepFailed(f"{instruction}\n{error}") from error
            seconds = time.monotonic() - started
            text = f"stage {stage.name}, {number}/{len(stage.instructions)}: {instruction}"
            self._say(f"{text:.110}" + (f"  {seconds:.1f} s" if seconds >= 0.1 else ""))
        self._done[stage.name] = image
        return image

    def _execute(self, image: Image, instruction: Instruction) -> None:
        known = {**image.args, **image.env}
        match instruction.name:
            case "ARG" | "ENV" | "LABEL" as name:
                {"ARG": image.args, "ENV": image.env, "LABEL": image.labels}[name].update(instruction.pairs(known))
            case "ENTRYPOINT" | "CMD" | "HEALTHCHECK" as name:
                image.commands[name] = instruction.command()
            case "EXPOSE":
                image.ports += instruction.words(known)[1]
            case "VOLUME":
                image.volumes += instruction.command()
            case "WORKDIR":
                image.workdir = str(PurePosixPath(image.workdir, instruction.words(known)[1][0]))
                _inside(image.root, image.workdir).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = find_user(image.root, instruction.words(known)[1][0])
            case "RUN":
                self._run(image, instruction)
            case "COPY":
                self._copy(image, instruction)
            case other:
                raise StepFailed(f"{other} is not known to this runner")

    def _run(self, image: Image, instruction: Instruction) -> None:
        env = {**self._loan.env, **image.args, **image.env}
        sandbox = replace(image.sandbox(), env=env, binds=self._loan.binds, tmpfs=(LENT,))
        seat = _inside(image.root, LENT)
        seat.mkdir(exist_ok=True)
        sandbox.run(instruction.command())
        seat.rmdir()

    def _copy(self, image: Image, instruction: Instruction) -> None:
        flags, (*sources, target) = instruction.words({**image.args, **image.env})
        origin = self._done[flags["from"]].root if "from" in flags else self._context
        ignored = Ignored("") if "from" in flags else self._ignored
        owner = find_user(image.root, flags["chown"]) if "chown" in flags else User()
        mode = int(flags["chmod"], 8) if "chmod" in flags else None
        folder = target.endswith("/") or len(sources) > 1
        place = _inside(image.root, str(PurePosixPath(image.workdir, target)))
        for source in sources:
            copied = 0
            for path, name in _copies(origin, source, ignored, folder or place.is_dir()):
                _put(path, place / name, owner, mode)
                copied += 1
            if not copied:
                raise StepFailed(f"{source} is not there, or .dockerignore keeps it out")


def _copies(origin: Path, source: str, ignored: Ignored, into: bool) -> Iterator[tuple[Path, PurePosixPath]]:
    """What a source of COPY stands for: each path, and its name under the target."""
    pattern = source.strip("/")
    for found in sorted(origin.glob(pattern)) if pattern not in {"", "."} else [origin]:
        inner = sorted(found.rglob("*")) if found.is_dir() else [found]
        base = found if found.is_dir() else found.parent
        for path in inner:
            if PurePosixPath(path.relative_to(origin)) not in ignored:
                yield path, PurePosixPath(path.relative_to(base) if into or found.is_dir() else ".")


def _put(path: Path, place: Path, owner: User, mode: int | None) -> None:
    """Copy one file, link or folder, with its times and mode; folders above it are made."""
    if path.is_dir() and not path.is_symlink():
        place.mkdir(parents=True, exist_ok=True)
        shutil.copystat(path, place)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place, follow_symlinks=False)
    os.chown(place, owner.uid, owner.gid, follow_symlinks=False)
    if mode is not None and not place.is_symlink():
        place.chmod(mode)


def find_user(root: Path, wanted: str) -> User:
    """The user ``name``, ``uid``, ``name:group`` or ``uid:gid`` of a root folder."""
    name, _, group = wanted.partition(":")
    user = _entry(root / "etc/passwd", name) or [name, "", name, "0", "", "/"]
    groups = _entry(root / "etc/group", group) or ["", "", group or user[3]]
    if not (user[2].isdigit() and groups[2].isdigit()):
        raise StepFailed(f"no user {wanted} in the image")
    return User(int(user[2]), int(groups[2]), user[5])


def _entry(file: Path, wanted: str) -> list[str] | None:
    """The line of passwd or group with this name or number."""
    lines = (line.split(":") for line in file.read_text(encoding="utf-8").splitlines())
    return next((line for line in lines if wanted in {line[0], line[2]}), None)


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
