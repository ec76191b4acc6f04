"""Run every benchmark of speed and print one table of their figures; with --write also docs/performance.md.

Each group of rows names the command that measures it alone. Ratios are of one run on one machine; absolute
times are this machine's. All of it takes about an hour.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import rows
from benchmarks.rows import Row

CORPUS = Path("../shared/corpus")
DOCUMENT = Path("docs/performance.md")
GENERATED = 300_000
HEAD = """# Performance

Written by `make bench` (`python -m benchmarks --write`): every figure of one run, each group by the command above it.
Ratios count, absolute times are this machine's; `n ×` says that Silah is n times as fast. What the figures mean and
how they come about: docs/scale.md and docs/serving.md.

"""


@dataclass(frozen=True, slots=True)
class Command:
    """A benchmark with its arguments; ``{corpus}``, ``{real}`` and ``{generated}`` stand for what it reads."""

    module: str
    arguments: tuple[str, ...] = ()


COMMANDS = (
    Command("neighbours", ("--corpus", "{corpus}", "--full")),
    Command("training", ("{real}",)),
    Command("serving"),
    Command("serving", ("--list", "also-like")),
    Command("serving", ("--articles", "1000000", "--only-start")),
    Command("update", ("{generated}", "--articles", "100000")),
    Command("training", ("{generated}", "--growth")),
    Command("readers"),
    Command("events"),
    Command("living"),
    Command("sources"),
)


def measured(command: Command, given: dict[str, str], file: Path) -> list[Row]:
    """Run a benchmark in a process of its own, its output passed on; its rows."""
    arguments = [argument.format(**given) for argument in command.arguments]
    subprocess.run(
        [sys.executable, "-m", f"benchmarks.{command.module}", *arguments, "--rows-to", str(file)], check=True
    )
    return rows.read(file)


def document(found: list[tuple[Command, list[Row]]]) -> str:
    """The page of all figures."""
    parts = [HEAD, f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}.\n"]
    for command, measured_rows in found:
        said = " ".join((f"python -m benchmarks.{command.module}", *command.arguments))
        parts.append(f"\n    {said.format(corpus='FOLDER', real='REAL', generated='GENERATED')}\n\n")
        parts.append("| what | system | figure | ratio | aim |\n|---|---|---|---|---|\n")
        parts.extend(
            f"| {one.what} | {one.system} | {one.figure} | {one.ratio} | {one.aim} |\n" for one in measured_rows
        )
    return "".join(parts)


def _processor() -> str:
    """The processor's name as the system has it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS, help="folder of .jsonl.gz; generated articles without it"
    )
    parser.add_argument("--only", nargs="+", help="only these benchmarks, by name")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="silah-bench-") as name:
        generated = Path(name) / "generated.jsonl.gz"
        command = ["benchmarks.generator", "--seed", "1", "--articles", str(GENERATED), "--to", str(generated)]
        subprocess.run([sys.executable, "-m", *command], check=True)
        real = max(given.corpus.glob("*.jsonl.gz"), key=lambda path: path.stat().st_size, default=generated)
        places = {"corpus": str(given.corpus), "real": str(real), "generated": str(generated)}
        found: list[tuple[Command, list[Row]]] = []
        for command in COMMANDS:
            if given.only is None or command.module in given.only:
                found.append((command, measured(command, places, Path(name) / "rows")))
            if given.write:  # again and again: a benchmark that fails does not take the others along
                DOCUMENT.write_text(document(found), encoding="utf-8")
    table = Table("what", "system", "figure", "ratio", "aim")
    for _, some in found:
        for row in some:
            table.add_row(row.what, row.system, row.figure, row.ratio, row.aim)
        table.add_section()
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
