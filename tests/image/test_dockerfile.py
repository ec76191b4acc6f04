"""The reader of the Dockerfile understands what it reads; needs neither root nor a network."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath

import pytest

from tests.image.build import find_user
from tests.image.dockerfile import Ignored, read_stages
from tests.image.sandbox import User

PROJECT = Path(__file__).parents[2]
TEXT = r"""
# a comment
FROM debian:12-slim AS build
ARG REVISION
ARG VERSION=1.0
ENV PATH=/opt/bin:$PATH \
    LABELLED="two words"
RUN first \
    # a comment in between
    && second
FROM debian:12-slim
COPY --from=build --chown=5:6 /a /b $WHERE/
HEALTHCHECK --interval=5s --timeout=1s \
    CMD ["python3", "-c", "import sys; \
        sys.exit(0)"]
"""


def test_stages_have_their_base_and_name() -> None:
    assert [(stage.base, stage.name) for stage in read_stages(TEXT)] == [
        ("debian:12-slim", "build"),
        ("debian:12-slim", "1"),
    ]


def test_instructions_are_read() -> None:
    build, final = read_stages(TEXT)
    revision, version, env, run = build.instructions
    assert revision.pairs({}) == {}
    assert version.pairs({}) == {"VERSION": "1.0"}
    assert env.pairs({"PATH": "/bin"}) == {"PATH": "/opt/bin:/bin", "LABELLED": "two words"}
    assert run.command()[:2] == ["/bin/sh", "-c"]
    assert run.command()[2].split() == ["first", "&&", "second"]
    copy, health = final.instructions
    assert copy.words({"WHERE": "/c"}) == ({"from": "build", "chown": "5:6"}, ["/a", "/b", "/c/"])
    assert health.command()[:2] == ["python3", "-c"]
    assert health.command()[2].split() == ["import", "sys;", "sys.exit(0)"]


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        ("a", "a", True),
        ("a", "a/deep/file", True),
        ("a", "ab", False),
        ("a", "b/a", False),
        ("**/a", "b/c/a/d", True),
        ("**/a", "a", True),
        ("*", "b/c", True),
        ("*\n!b", "b/c", False),
        ("*\n!b\n**/*.py[cod]", "b/c.pyc", True),
        ("*\n!b\n**/*.py[cod]", "b/c.py", False),
        ("# b", "b", False),
        ("b/?.txt", "b/c.txt", True),
        ("b/?.txt", "b/cc.txt", False),
    ],
)
def test_the_last_pattern_that_matches_decides(patterns: str, path: str, ignored: bool) -> None:
    assert (PurePosixPath(path) in Ignored(patterns)) is ignored


def test_only_what_the_image_needs_is_sent_to_the_build() -> None:
    ignored = Ignored((PROJECT / ".dockerignore").read_text(encoding="utf-8"))
    sent = {path.name for path in PROJECT.iterdir() if PurePosixPath(path.name) not in ignored}
    assert sent == {"requirements.lock", "pyproject.toml", "README.md", "silah.py", "models", "training", "service"}


def test_the_image_has_the_version_of_the_project() -> None:
    stages = read_stages((PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    arguments = [instruction.pairs({}) for instruction in stages[-1].instructions if instruction.name == "ARG"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"VERSION": project["version"]} in arguments


@pytest.mark.parametrize(
    ("wanted", "user"),
    [
        ("silah", User(10, 20, "/home/silah")),
        ("10", User(10, 20, "/home/silah")),
        ("silah:staff", User(10, 50, "/home/silah")),
        ("7:8", User(7, 8, "/")),
    ],
)
def test_a_user_is_found_by_name_and_by_number(tmp_path: Path, wanted: str, user: User) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("silah:x:10:20::/home/silah:/bin/sh\n", encoding="utf-8")
    (tmp_path / "etc/group").write_text("silah:x:20:\nstaff:x:50:\n", encoding="utf-8")
    assert find_user(tmp_path, wanted) == user
