"""What this machine lends to the build: Debian's mirror, where pip gets packages, certificates, proxies."""

from __future__ import annotations

import ast
import contextlib
import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.image.sandbox import NAMESPACES, Bind, StepFailed, check

CODENAME = "bookworm"
LENT = "/run/lent"
CLONE_NEWNS = 0x00020000
MEMORY_NEEDED = 5 * 2**30  # three Debian roots, two of them with the dependencies: 2 GiB, and what runs
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
PIP_SETTINGS = {
    *("index-url", "extra-index-url", "find-links", "no-index", "trusted-host"),
    *("cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "constraint"),
}


class LeftOut(Exception):
    """The steps cannot be proven on this machine; the message says why."""


@dataclass(frozen=True)
class Loan:
    """Variables and read-only binds of the commands that build; none of it stays in the image."""

    env: dict[str, str]
    binds: tuple[Bind, ...]


def require_tools() -> None:
    """See that namespaces and debootstrap can be had; installs debootstrap where it is missing.

    Raises:
        LeftOut: when they cannot.
    """
    if os.geteuid() != 0:
        raise LeftOut("the steps need root")
    try:
        if platform.freedesktop_os_release().get("ID") != "debian":
            raise LeftOut("the steps need a Debian host, whose mirror and keys are used")
        check(["unshare", "--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/mnt"])
        if not shutil.which("debootstrap"):
            check(["apt-get", "update"])
            check(["apt-get", "install", "--yes", "--no-install-recommends", "debootstrap"])
    except (StepFailed, OSError) as error:
        raise LeftOut(f"no namespaces or no debootstrap: {error}") from error


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A temporary folder, in memory where there is enough: Debian's tools wait for every file to reach its disk."""
    with tempfile.TemporaryDirectory(prefix="silah-image-") as folder:
        in_memory = _available_memory() >= MEMORY_NEEDED
        if in_memory:
            _own_mounts()
            check(["mount", "-t", "tmpfs", "-o", "mode=755,size=75%", "tmpfs", folder])
        else:
            Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            if in_memory:
                check(["umount", "--lazy", folder])


def make_base(root: Path) -> None:
    """A clean Debian.

    Raises:
        LeftOut: when Debian's mirror cannot be used.
    """
    sources = list(_sources())
    mirror = next((uri for uri, suite in sources if suite == CODENAME), None)
    if mirror is None:
        raise LeftOut("apt has no Debian mirror")
    command = ["debootstrap", "--variant=minbase", CODENAME, str(root), mirror]
    try:
        check([*NAMESPACES, *command], env=_with_proxies())
    except StepFailed as error:
        raise LeftOut(f"debootstrap: {error}") from error
    # no package and no list of packages is in a base image
    for left in (*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*_*")):
        left.unlink()
    _write_settings(root / "etc", sources)


def lend() -> Loan:
    """Where pip gets packages here, with the folders and certificates that this names."""
    settings = _pip_settings()
    if CERTIFICATES.exists():
        settings.setdefault("PIP_CERT", str(CERTIFICATES))
    lent: dict[str, Bind] = {}
    env = {name: " ".join(_lend(word, lent) for word in value.split()) for name, value in settings.items()}
    proxies = {name: value for name, value in _with_proxies().items() if name.lower() in PROXIES}
    if CERTIFICATES.exists():
        _lend(str(CERTIFICATES), lent)
    return Loan({**proxies, **env}, tuple(lent.values()))


def _own_mounts() -> None:
    """From here on, what this program mounts is seen by it and its children alone, and ends with them."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNS):
        raise LeftOut("no namespace of mounts")
    check(["mount", "--make-rprivate", "/"])


def _available_memory() -> int:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _sources() -> Iterator[tuple[str, str]]:
    """Address and suite of Debian's archives in apt's configuration, the suites named as of the image's Debian."""
    here = platform.freedesktop_os_release().get("VERSION_CODENAME", CODENAME)
    listed = check(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"])
    for uri, suite, component in sorted({tuple(line.split()) for line in listed.splitlines()}):
        if component == "main" and suite in {here, f"{here}-updates", f"{here}-security"}:
            yield uri, suite.replace(here, CODENAME)


def _write_settings(folder: Path, sources: list[tuple[str, str]]) -> None:
    """The clean root's sources, how this machine reaches them, and what Debian's own images set for speed and size."""
    lines = [f"deb {uri} {suite} main" for uri, suite in sources]
    reached = [f'Acquire::https::CaInfo "{LENT}{CERTIFICATES}";'] if CERTIFICATES.exists() else []
    reached += re.findall(r"^Acquire::https?::Proxy\b.*$", check(["apt-config", "dump"]), re.MULTILINE)
    files = {
        "apt/sources.list": lines,
        "apt/apt.conf.d/80lent": [*reached, 'Acquire::Languages "none";'],
        "dpkg/dpkg.cfg.d/slim": ["force-unsafe-io", "path-exclude /usr/share/doc/*", "path-exclude /usr/share/man/*"],
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join([*content, ""]), encoding="utf-8")


def _pip_settings() -> dict[str, str]:
    """Pip's configuration of this machine, files and environment, as PIP_ variables."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in PIP_SETTINGS:
            found[f"PIP_{name.replace('-', '_').upper()}"] = str(ast.literal_eval(value))
    return found


def _lend(word: str, lent: dict[str, Bind]) -> str:
    """A word of a setting; where it names a file or folder of this machine, the name under which that is lent."""
    path = Path(word.removeprefix("file://"))
    if not path.is_absolute() or not path.exists():
        return word
    # an index of files may point beside itself: ../files
    shared = path.parent if word.startswith("file://") else path
    lent[str(shared)] = Bind(shared, f"{LENT}{shared}")
    return word.replace(str(path), f"{LENT}{path}", 1)


def _with_proxies() -> dict[str, str]:
    """This process' environment; a proxy that is known in capitals only is known in small letters too."""
    named = {name: os.environ[name.upper()] for name in PROXIES if name.upper() in os.environ}
    return {**named, **os.environ}
