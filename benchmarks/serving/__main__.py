"""Print requests a second of the service beside a bare ASGI function and a constant FastAPI route, and its start.

Every server runs alone on the first core, the load on the second. Rounds alternate between the servers; a
ratio is that of two servers in the same round. Needs ``wrk`` (Debian: ``apt-get install wrk``) and two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import rows as table_rows
from benchmarks.memory import resident
from benchmarks.rows import Row
from benchmarks.serving import world

CONNECTIONS = 8
CONSTANT = "/v1/articles/news%2F1/related"
LISTS = 100  # asked for after the start
WARM = 1  # seconds of load before the first round
OWN = {"date", "server"}  # headers that uvicorn adds itself
SCRIPT = """
local paths, number = {{}}, 0
for path in io.lines("{paths}") do paths[#paths + 1] = path end
request = function()
  number = number % #paths + 1
  return wrk.format("GET", paths[number])
end
"""


@dataclass
class Server:
    """A server process, and what was measured of it."""

    process: subprocess.Popen[bytes]
    address: str
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def processor(self) -> float:
        """Seconds of processor time so far."""
        times = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")

    def load(self, script: Path, seconds: int) -> tuple[float, float]:
        """Requests a second, and microseconds of processor time each, under as much load as it takes."""
        before = self.processor()
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
        output = subprocess.run([*command, self.address], capture_output=True, text=True, check=True).stdout
        assert "Non-2xx" not in output, output
        count = int(re.findall(r"(\d+) requests in", output)[0])
        return float(re.findall(r"Requests/sec:\s+([\d.]+)", output)[0]), (self.processor() - before) / count * 1e6


@contextmanager
def serving(app: str, core: int | None = 0, **settings: str) -> Iterator[Server]:
    """A server of an application on one core, or on all of them, answering."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [] if core is None else ["taskset", "-c", str(core)]
    command += [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning"]
    command += ["--timeout-keep-alive", "600"]  # a paced client leaves some connections unused for long
    command += ["--port", str(port), app, *(["--factory"] if app.startswith("service") else [])]
    process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL)
    try:
        yield Server(process, f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def first_answer(server: Server, path: str) -> httpx.Response:
    """The first answer, asked for until there is one."""
    while True:
        try:
            response = httpx.get(server.address + path)
        except httpx.TransportError:
            time.sleep(0.002)
            continue
        response.raise_for_status()
        return response


def start(settings: Mapping[str, str], paths: Sequence[str]) -> tuple[float, float]:
    """Seconds from the start of a process to its first list, and its resident MiB after all of them."""
    begin = time.perf_counter()
    with serving("service.app:create_worker", **settings) as server:
        first_answer(server, paths[0])
        seconds = time.perf_counter() - begin
        for path in paths:
            first_answer(server, path)
        return seconds, resident(server.process.pid) / 2**20


def paced(server: Server, rate: float, seconds: float, paths: list[str]) -> dict[str, float]:
    """Latencies in milliseconds at a steady rate."""
    command = ["taskset", "-c", "1", sys.executable, "-m", "benchmarks.serving.pace", server.address]
    done = subprocess.run([*command, str(rate), str(seconds), *paths], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def spread(values: list[float], form: str = ".2f") -> str:
    """Median, least and most."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def ask_for(paths: list[str], name: str, folder: Path) -> Path:
    """A script for wrk that asks for these paths in turn."""
    listed, script = folder / f"{name}.paths", folder / f"{name}.lua"
    listed.write_text("\n".join(paths), encoding="ascii")
    script.write_text(SCRIPT.format(paths=listed), encoding="utf-8")
    return script


def compare(
    console: Console, folder: Path, paths: list[str], name: str, rounds: int, seconds: int, stack: ExitStack
) -> list[Row]:
    """Measure the service beside the two others and print the table; then its latencies at half load."""
    settings = {"SILAH_ARTIFACTS": str(folder)}
    cached = stack.enter_context(serving("service.app:create_worker", **settings))
    uncached = stack.enter_context(serving("service.app:create_worker", **settings, SILAH_CACHE_BYTES="0"))
    middle = paths[len(paths) // 2]
    answer = first_answer(cached, middle)
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    file = folder / "answer"
    file.write_bytes(json.dumps(headers).encode() + b"\n" + answer.content)
    beside = {"SILAH_BENCHMARK_ANSWER": str(file)}
    bare = stack.enter_context(serving("benchmarks.serving.beside:bare", **beside))
    constant = stack.enter_context(serving("benchmarks.serving.beside:constant", **beside))
    one, many = ask_for([middle], "one", folder), ask_for(paths, "many", folder)
    loads = (
        (bare, one, middle),
        (cached, one, middle),
        (constant, ask_for([CONSTANT], "constant", folder), CONSTANT),
        (uncached, many, middle),
    )
    for server, script, path in loads:
        first_answer(server, path)
        server.load(script, WARM)
    for _ in range(rounds):
        for server, script, _ in loads:
            rate, cost = server.load(script, seconds)
            server.rates.append(rate)
            server.costs.append(cost)
    table = Table("answers", "requests/s", "processor µs each", "requests/s of the row above")
    rows: list[Row] = []
    for label, server, other, aim in (
        ("bare ASGI function", bare, None, ""),
        (f"{name}, kept", cached, bare, "≥ .75 of the row above"),
        ("constant FastAPI route", constant, None, ""),
        (f"{name}, made", uncached, constant, "≥ .60 of the row above"),
    ):
        shares = [] if other is None else [a / b for a, b in zip(server.rates, other.rates, strict=True)]
        table.add_row(
            label, spread(server.rates, ",.0f"), spread(server.costs, ".0f"), spread(shares) if shares else ""
        )
        figure = f"{statistics.median(server.rates):,.0f} requests/s, {statistics.median(server.costs):.0f} µs each"
        rows.append(Row("answers of one core", label, figure, spread(shares) if shares else "", aim))
    console.print(table)
    half = statistics.median(uncached.rates) / 2
    found = [paced(uncached, half, seconds, paths) for _ in range(rounds)]
    for point in ("p50", "p99"):
        console.print(f"made, {half:,.0f} requests/s, {point}: {spread([latency[point] for latency in found])} ms")
    tail = spread([latency["p99"] / latency["p50"] for latency in found], ".1f")
    console.print(f"p99 / p50: {tail}")
    what = f"{name}, made, {half:,.0f} requests/s: p99 / p50"
    middle_latency = statistics.median(latency["p50"] for latency in found)
    return [*rows, Row(what, "Silah", f"p50 {middle_latency:.2f} ms", tail, "≤ 3")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--articles", type=int, default=31_000, help="size of the generated version")
    parser.add_argument("--seconds", type=int, default=3, help="of load in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--list", choices=["related", "also-like"], default="related")
    parser.add_argument("--folder", type=Path, help="where the generated version is kept for another run")
    parser.add_argument("--only-start", action="store_true", help="only the time from start to first answer")
    table_rows.add_option(parser)
    given = parser.parse_args()
    if shutil.which("wrk") is None or len(os.sched_getaffinity(0)) < 2:
        parser.error("needs wrk (Debian: apt-get install wrk) and two cores")
    console = Console()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="silah-serving-")))
        world.build(folder, given.articles)
        settings = {"SILAH_ARTIFACTS": str(folder)}
        paths = [f"/v1/articles/news%2F{row}/{given.list}" for row in range(0, given.articles, 7)][:4096]
        starts = [start(settings, paths[-LISTS:]) for _ in range(given.rounds)]
        console.print(f"start to first list, {given.articles:,} articles: {spread([first for first, _ in starts])} s")
        held = f"{max(held for _, held in starts):,.0f} MiB"
        console.print(f"resident after {LISTS} lists: {held}")
        first = spread([first for first, _ in starts])
        rows = [Row(f"start to first list, {given.articles:,} articles", "Silah", f"{first} s, {held}", aim="< 2 s")]
        if not given.only_start:
            rows += compare(console, folder, paths, given.list, given.rounds, given.seconds, stack)
        table_rows.write(given.rows_to, rows)


if __name__ == "__main__":
    main()
