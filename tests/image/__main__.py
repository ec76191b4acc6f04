"""The run, from top to bottom: lint, clean Debian, the Dockerfile's steps, the image's promises."""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.image import build, host, promises
from tests.image.dockerfile import read_stages
from tests.image.sandbox import StepFailed

PROJECT = Path(__file__).parents[2]
BASE = "debian:12-slim"


def main() -> int:
    """Exit code 0 when all holds or the steps are left out, 1 when something is broken."""
    parser = argparse.ArgumentParser(prog="tests/image/run", description=__doc__)
    parser.add_argument("--required", action="store_true", help="fail where the steps cannot be proven here")
    required = parser.parse_args().required
    started = time.monotonic()
    # a terminated run cleans up as an interrupted one does
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        lint()
        prove_steps()
    except host.LeftOut as reason:
        say(f"left out, the steps of the Dockerfile and what they promise: {reason}")
        return int(required)
    except StepFailed as error:
        say(f"failed: {error}")
        return 1
    say(f"sound  {time.monotonic() - started:.0f} s in all")
    return 0


def lint() -> None:
    """The Dockerfile under hadolint's rules, none ignored."""
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        say("left out, the lint: there is no hadolint for this platform")
        return
    if subprocess.run([hadolint, str(PROJECT / "Dockerfile")], check=False).returncode:
        raise StepFailed("hadolint finds fault with the Dockerfile")
    say("hadolint finds no fault with the Dockerfile")


def prove_steps() -> None:
    """Build each stage in a clean Debian, then run the last one."""
    host.require_tools()
    stages = read_stages((PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    with host.work_folder() as work:
        say(f"clean Debian ({host.CODENAME}) …")
        clean = work / "clean"
        host.make_base(clean)
        builder = build.Builder(PROJECT, BASE, clean, host.lend(), say)
        image = [builder.build(stage) for stage in stages][-1]
        promises.prove(image, PROJECT, work, say)


def say(text: str) -> None:
    """Tell what happens."""
    sys.stdout.write(f"image: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
