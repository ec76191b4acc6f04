"""service.journal: what was acknowledged is there after its process was killed."""

from __future__ import annotations

import subprocess
import sys

from service.journal import Journal
from tests.support.serving import eventually

WRITER = """
import sys
from service.journal import Change, Journal, Kind
journal = Journal.open(sys.argv[1])
while True:
    entries = journal.append([Change(Kind.EVENTS, "", "[]")] * 50, 0)
    print(entries[-1].seq, flush=True)
"""


def test_a_process_that_is_killed_loses_nothing_it_acknowledged(state: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, state], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(10)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().split()]
    process.stdout.close()
    process.wait()
    journal = Journal.open(state)
    last = eventually(journal.last)
    assert last >= acknowledged[-1]
    assert last % 50 == 0
    assert [entry.seq for entry in journal.after(0, last + 1)] == list(range(1, last + 1))
    journal.close()
