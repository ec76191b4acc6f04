"""Runs one command in a root folder, with mounts and processes of its own that end with it."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
NAMESPACES = ("/usr/bin/unshare", "--mount", "--ipc", "--pid", "--fork", "--kill-child")
SHELL = ("/bin/sh", "-c")
TIME_LIMIT = 900
NETWORK = ("/etc/resolv.conf", "/etc/hosts")


class StepFailed(Exception):
    """A command did not do what it should; the message holds the end of what it said."""


@dataclass(frozen=True)
class User:
    """Whom a command runs as."""

    uid: int = 0
    gid: int = 0
    home: str = "/root"


@dataclass(frozen=True)
class Bind:
    """A folder or file of the host that is seen in the root."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Sandbox:
    """A root folder and how commands see it."""

    root: Path
    env: dict[str, str]
    user: User = User()
    workdir: str = "/"
    binds: tuple[Bind, ...] = ()
    tmpfs: tuple[str, ...] = ()
    read_only: bool = False

    def run(self, command: list[str], limit: float = TIME_LIMIT) -> str:
        """Run a command to its end; what it printed.

        Raises:
            StepFailed: when its exit code is not 0, or it does not end.
        """
        return check(self.argv(command), self._environment(), limit)

    def start(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a command, as process 1 of its own; what it prints goes to a file."""
        with log.open("wb") as output:
            return subprocess.Popen(
                self.argv(command), env=self._environment(), stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )

    def argv(self, command: list[str]) -> list[str]:
        """The command line that mounts, goes into the root and becomes the command, as process 1.

        Two namespaces of processes, one in the other: when this program ends the first ``unshare``, the kernel
        ends the second, and everything in it. The command itself it would spare: who changes the user is no
        longer killed with the parent.
        """
        who = f"+{self.user.uid}:+{self.user.gid}"
        enter = ["exec", "chroot", f"--userspec={who}", "--groups=", self.root, "env", f"--chdir={self.workdir}"]
        inner = _script([["mount", "-t", "proc", "proc", self.root / "proc"], [*enter, *command]])
        outer = _script([*self._mounts(), ["exec", "unshare", "--pid", "--fork", "--kill-child", *SHELL, inner]])
        return [*NAMESPACES, *SHELL, outer]

    def enter(self, process: int, command: list[str]) -> list[str]:
        """The command line that runs a second command beside a started one, given the latter's process id."""
        inside = ["--target", str(process), "--mount", "--ipc", "--pid", "--root"]
        who = ["--setuid", str(self.user.uid), "--setgid", str(self.user.gid)]
        variables = [f"{name}={value}" for name, value in self._environment().items()]
        shell = ["/usr/bin/env", "-i", *variables, f"--chdir={self.workdir}"]
        return ["/usr/bin/nsenter", *inside, *who, "--", *shell, *command]

    def _environment(self) -> dict[str, str]:
        return {"HOME": self.user.home, **self.env}

    def _mounts(self) -> list[list[object]]:
        steps: list[list[object]] = [
            ["mount", "--bind", self.root, self.root],
            *self._devices(),
        ]
        steps += [["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{self.root}{target}"] for target in self.tmpfs]
        network = [Bind(Path(file), file) for file in NETWORK if Path(file).exists()]
        for bind in (*network, *self.binds):
            steps += _bind(bind, f"{self.root}{bind.target}")
        if self.read_only:
            steps.append(["mount", "-o", "remount,bind,ro", self.root])
        return steps

    def _devices(self) -> list[list[object]]:
        dev = self.root / "dev"
        steps: list[list[object]] = [["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", dev]]
        steps.append(["touch", *(dev / name for name in DEVICES)])
        steps += [["mount", "--bind", f"/dev/{name}", dev / name] for name in DEVICES]
        steps += [["ln", "-s", target, dev / name] for name, target in LINKS.items()]
        steps.append(["mkdir", "-m", "1777", dev / "shm"])
        steps.append(["mount", "-t", "tmpfs", "-o", "mode=1777,size=64m", "tmpfs", dev / "shm"])
        return steps


def _script(steps: list[list[object]]) -> str:
    return " && ".join(shlex.join(map(str, step)) for step in steps)


def _bind(bind: Bind, target: str) -> list[list[object]]:
    source = bind.source.resolve()
    # the root's own folders are there now; what lies on a tmpfs is not mounted yet, and is made
    seat: list[object] = ["mkdir", "-p", target] if source.is_dir() else ["install", "-D", "/dev/null", target]
    steps: list[list[object]] = [] if Path(target).exists() else [seat]
    steps.append(["mount", "--bind", source, target])
    return steps if bind.writable else [*steps, ["mount", "-o", "remount,bind,ro", target]]


def check(argv: list[str], env: dict[str, str] | None = None, limit: float = TIME_LIMIT) -> str:
    """Run a command of the host to its end; what it printed.

    Raises:
        StepFailed: when its exit code is not 0, or it does not end.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        try:
            code = subprocess.run(
                argv, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=limit, check=False
            ).returncode
            outcome = f"exit code {code}" if code else None
        except subprocess.TimeoutExpired:
            outcome = f"not done after {limit} s"
        output.seek(0)
        said = output.read()
    if outcome:
        raise StepFailed("\n".join([outcome, *said.splitlines()[-40:]]))
    return said
