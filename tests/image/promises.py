"""Runs an image read-only, as its user, and checks what the Dockerfile promises."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.image.build import Image
from tests.image.sandbox import Bind, Sandbox, StepFailed, check

DATA = "/data"
VOLUME = "/artifacts"
TRAINED_WITHIN = 180
READY_WITHIN = 60
STOPPED_WITHIN = 15


def prove(image: Image, project: Path, work: Path, say: Callable[[str], None]) -> None:
    """Check every promise.

    Raises:
        StepFailed: with the first that is broken.
    """
    check_declared(image, project)
    say("declared: user, port, volume, version, no pip inside")
    container = contain(image, project, work)
    before = listing(image.root)
    expect(fails(container, image.commands["HEALTHCHECK"]), "HEALTHCHECK fails where nothing listens")
    check_training(container, image, work, say)
    check_serving(container, image, work, say)
    changed = sorted(before.items() ^ listing(image.root).items())
    expect(not changed, f"nothing is written outside {VOLUME} and /tmp: {changed[:5]}")
    say(f"nothing was written outside {VOLUME} and /tmp: {len(before):,} paths are as before")


def check_declared(image: Image, project: Path) -> None:
    """What a container engine reads from the image is what the project says."""
    version = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    expect(image.user.uid >= 1000 and image.user.gid >= 1000, "USER is not root and no system user")
    expect(image.env.get("SILAH_HOST") == "0.0.0.0", "the service can be reached from outside the container")
    expect(image.ports == [image.env.get("SILAH_PORT")], "EXPOSE names the port of the service")
    expect(image.volumes == [VOLUME], f"{VOLUME} is the volume")
    expect(image.labels.get("org.opencontainers.image.version") == version, f"the version label is {version}")
    expect(not list(image.root.glob("opt/silah/**/pip")), "pip is not in the image")


def contain(image: Image, project: Path, work: Path) -> Sandbox:
    """The container: a read-only root, memory on /tmp, a volume that starts as in the image, read-only data."""
    newsroom = project / "training" / "newsroom" / "articles.jsonl"
    (image.root / DATA[1:]).mkdir()
    (work / "data").mkdir(mode=0o755)
    shutil.copy(newsroom, work / "data")
    check(["cp", "-a", str(image.root / VOLUME[1:]), str(work / "volume")])
    binds = (Bind(work / "data", DATA), Bind(work / "volume", VOLUME, writable=True))
    return replace(image.sandbox(), binds=binds, tmpfs=("/tmp",), read_only=True)


def check_training(container: Sandbox, image: Image, work: Path, say: Callable[[str], None]) -> None:
    """``docker run IMAGE train /data/articles.jsonl`` publishes a model that belongs to the image's user."""
    started = time.monotonic()
    container.run([*image.commands["ENTRYPOINT"], "train", f"{DATA}/articles.jsonl"], TRAINED_WITHIN)
    expect((work / "volume" / "current").exists(), "training publishes a model")
    expect(
        {path.lstat().st_uid for path in (work / "volume").rglob("*")} == {image.user.uid},
        "what is written belongs to the image's user",
    )
    say(f"`silah train {DATA}/articles.jsonl` published a model  {time.monotonic() - started:.1f} s")


def check_serving(container: Sandbox, image: Image, work: Path, say: Callable[[str], None]) -> None:
    """The image's own command answers, is healthy, is not root, and stops when it is asked to."""
    port = free_port()
    container = replace(container, env={**image.env, "SILAH_HOST": "127.0.0.1", "SILAH_PORT": str(port)})
    started = time.monotonic()
    command = [*image.commands["ENTRYPOINT"], *image.commands["CMD"]]
    with running(container, command, work / "serve.log") as (process, service):
        wait_until_ready(port, process)
        say(f"`{' '.join(command)}` is ready  {time.monotonic() - started:.1f} s")
        source, items = related(port, work / "data" / "articles.jsonl")
        say(f"`related` of {source}: {', '.join(item['id'] for item in items)}")
        check(container.enter(service(), image.commands["HEALTHCHECK"]))
        say("HEALTHCHECK says healthy")
        status = Path(f"/proc/{service()}/status").read_text(encoding="utf-8")
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        expect(set(uids) == {str(image.user.uid)}, f"the service runs as the image's user, not as {uids}")
        mounts = Path(f"/proc/{service()}/mounts").read_text(encoding="utf-8").splitlines()
        expect(any(line.split()[1] == "/" and line.split()[3].startswith("ro") for line in mounts), "/ is read-only")
        say(f"it runs as uid {uids[0]} on a read-only root")
        os.kill(service(), signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOPPED_WITHIN)
        code = process.poll()
        expect(code == 0, f"SIGTERM stops it within {STOPPED_WITHIN} s and with exit code 0, not {code}")
    say("SIGTERM stopped it with exit code 0")


@contextlib.contextmanager
def running(
    container: Sandbox, command: list[str], log: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], int]]]:
    """A started command and the id of its process 1; when something fails, what it printed is told."""
    process = container.start(command, log)
    try:
        yield process, lambda: first_child(first_child(process.pid))
    except (StepFailed, OSError) as error:
        raise StepFailed(f"{error}\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}") from error
    finally:
        process.kill()
        process.wait()


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Ask /health/ready until it says so."""
    until = time.monotonic() + READY_WITHIN
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if get(port, "/health/ready")[0] == 200:
                return
        expect(process.poll() is None, "the service stays up")
        expect(time.monotonic() < until, f"the service is ready within {READY_WITHIN} s")
        time.sleep(0.1)


def related(port: int, data: Path) -> tuple[str, list[dict[str, Any]]]:
    """An article of the newsroom and its related list."""
    ids = [json.loads(line)["id"] for line in data.read_text(encoding="utf-8").splitlines()]
    status, answer = get(port, f"/v1/articles/{ids[0]}/related")
    expect(status == 200 and answer["items"], f"an article has related news: {status} {answer}")
    expect({item["id"] for item in answer["items"]} <= set(ids[1:]), "related news is of the newsroom, not the article")
    return ids[0], answer["items"]


def get(port: int, path: str) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def fails(container: Sandbox, command: list[str]) -> bool:
    """Whether a command ends with an error in a container of its own."""
    try:
        container.run(command)
    except StepFailed:
        return True
    return False


def listing(root: Path) -> dict[str, tuple[int, int, int, int]]:
    """Every path of a root with its mode, owner, size and time of change."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            state = os.lstat(path := f"{folder}/{name}")
            found[path] = (state.st_mode, state.st_uid, state.st_size, state.st_mtime_ns)
    return found


def first_child(pid: int) -> int:
    """The first process that a process started."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0])


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def expect(true: object, promise: str) -> None:
    """Go on where a promise holds.

    Raises:
        StepFailed: where it does not.
    """
    if not true:
        raise StepFailed(f"broken promise: {promise}")
