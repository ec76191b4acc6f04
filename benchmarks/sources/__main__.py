"""Print how many records a second each format gives, and that the memory it takes does not grow with their number.

Articles are generated, 200 words each, and written in every format; each is read in a process of its own, once few
of them and once many (of pages a fiftieth, of their texts a tenth, of feeds a fifth). Seconds are those of its
processor, which bear a busy machine better. Records are read and passed over: what becomes of them is measured
elsewhere.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from benchmarks import rows as table_rows
from benchmarks.generator import BLOCK, Generator
from benchmarks.memory import highest
from benchmarks.rows import Row
from benchmarks.sources import FORMATS, Measured, measured
from training.sources import open_source


def read(location: str) -> Measured:
    """Read all records here."""
    start = time.process_time()
    records = sum(1 for record in open_source(location) if isinstance(record.value, dict))
    spent = time.process_time() - start
    return Measured(records, spent, highest())


def tried(form: str, made: Path, count: int, folder: Path) -> Measured:
    """Write so many articles in a format, read them, and take them away again."""
    folder.mkdir()
    with made.open("rb") as file:
        records = (json.loads(line) for line in islice(file, count))
        found = measured(FORMATS[form].write(iter(lambda: list(islice(records, BLOCK)), []), folder))
    shutil.rmtree(folder)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sources", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--only", nargs="+", choices=FORMATS, default=list(FORMATS), metavar="FORMAT")
    parser.add_argument("--read", metavar="LOCATION", help="read this one here, and print what it took as JSON")
    table_rows.add_option(parser)
    given = parser.parse_args()
    if given.read:
        print(json.dumps(asdict(read(given.read))))
        return
    rows = []
    print(f"{'':<12}{'records/s':>12}{'peak, MiB, of':>15}{given.few:>10,}{given.articles:>10,}")
    with tempfile.TemporaryDirectory(prefix="silah-bench-") as name:
        made = Path(name) / "generated.jsonl"
        with made.open("wb") as file:
            file.writelines(Generator(given.articles, 1).lines())
        for form in given.only:
            counts = (max(1, int(FORMATS[form].share * count)) for count in (given.few, given.articles))
            few, many = (tried(form, made, count, Path(name) / "tried") for count in counts)
            speed = f"{many.records / many.seconds:,.0f}"
            peaks = [f"{one.peak / 2**20:,.0f}" for one in (few, many)]
            print(f"{form:<12}{speed:>12}{'':>15}{peaks[0]:>10}{peaks[1]:>10}", flush=True)
            memory = f"{peaks[1]} MiB; {peaks[0]} MiB of {few.records:,}"
            rows.append(
                Row(f"{many.records:,} records of {form}", "Silah", f"{speed} records/s", memory, "no more memory")
            )
    table_rows.write(given.rows_to, rows)


if __name__ == "__main__":
    main()
