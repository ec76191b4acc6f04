"""Nothing happens at import, and models knows no clock, no environment and no chance."""

from __future__ import annotations

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import models
import service
import training

PACKAGES = (models, training, service)
MODULES = sorted(
    [
        *(package.__name__ for package in PACKAGES),
        *(
            found.name
            for package in PACKAGES
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        ),
    ]
)
SOURCES = sorted(Path(models.__path__[0]).rglob("*.py"))

# Imports the modules named by its arguments and tells of every file, variable, process and
# address that one of the packages itself reaches for on the way: what the libraries do is theirs.
WATCH = """
import importlib.util, os, sys, sysconfig

origins = [importlib.util.find_spec(name).origin for name in ("models", "training", "service")]
roots = tuple(os.path.dirname(origin) + os.sep for origin in origins)
library = (sysconfig.get_paths()["stdlib"], "<frozen ")
others = (sysconfig.get_paths()["purelib"], "<frozen importlib")

def own():
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(roots):
            return f"{file}:{frame.f_lineno}"
        if file.startswith(others) or not file.startswith(library):
            return None
        frame = frame.f_back
    return None

def hook(event, arguments):
    if event == "open":
        path, mode, _ = arguments
        suspect = mode not in ("r", "rb") or not str(path).startswith(roots)
    else:
        suspect = event.startswith(("socket.", "subprocess.", "os.system", "os.mkdir", "os.remove", "shutil."))
    if suspect and (place := own()):
        print(place, "does", event, *arguments[:1])

class Watched(type(os.environ)):
    def __getitem__(self, name):
        if place := own():
            print(place, "reads", name)
        return super().__getitem__(name)

    def __iter__(self):
        if place := own():
            print(place, "lists the environment")
        return super().__iter__()

os.environ.__class__ = Watched
sys.addaudithook(hook)
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


def run(code: str, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_importing_reaches_for_nothing_outside(tmp_path: Path):
    """Settings that would be refused lie ready: whoever read them at import would fail."""
    (tmp_path / "silah.toml").write_text("jobs = [", "utf-8")
    done = run(WATCH, tmp_path, *MODULES, "silah", SILAH_JOBS="none", SILAH_MODEL="no", SILAH_FOLLOW_SECONDS="never")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert [path.name for path in tmp_path.iterdir()] == ["silah.toml"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import os; os.environ.get('HOME')", "reads HOME"),
        ("import os; os.getenv('HOME')", "reads HOME"),
        ("import os; dict(os.environ)", "lists the environment"),
        ("from pathlib import Path; Path('/etc/passwd').read_text()", "does open /etc/passwd"),
        ("import socket; socket.socket()", "does socket.__new__"),
    ],
)
def test_the_watch_sees_what_a_module_does(tmp_path: Path, line: str, told: str):
    """The watch above, over a package that does reach out."""
    for name in ("models", "training", "service"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "models" / "guilty.py").write_text(line, "utf-8")
    done = run(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{WATCH}", tmp_path, "models.guilty")
    assert told in done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_models_takes_time_chance_and_surroundings_as_parameters(path: Path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import():
                found |= {alias.name.partition(".")[0] for alias in node.names}
            case ast.ImportFrom():
                found |= {str(node.module).partition(".")[0], *(alias.name for alias in node.names)}
            case ast.Attribute():
                found.add(node.attr)
    assert not found & {"time", "calendar", "random", "secrets", "uuid", "now", "utcnow", "today", "default_rng"}
    assert not found & {"environ", "environb", "getenv", "getenvb", "dotenv", "locale", "getpass", "platform"}
    assert not found & {"socket", "http", "urllib", "subprocess", "threading", "multiprocessing", "asyncio"}


def test_every_module_says_what_it_is():
    for package in PACKAGES:
        for path in Path(package.__path__[0]).rglob("*.py"):
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path
