"""An import that is killed anywhere leaves nothing out, and the next run goes on behind what is there."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support.processes import SILAH, silah_json
from tests.support.serving import eventually
from training.importing.job import AT_ONCE

MANY = 20_000


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_an_import_that_is_killed_is_gone_on_with(tmp_path: Path, name: str) -> None:
    (tmp_path / "many.csv").write_text(
        "id,title\n" + "".join(f"{number},خبر {number}\n" for number in range(MANY)), encoding="utf-8"
    )
    file = tmp_path / name
    process = subprocess.Popen([SILAH, "import", "many.csv", "--to", name], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: file.exists() and file.stat().st_size, 60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    summary = silah_json(tmp_path, "import", "many.csv", "--to", name)
    assert summary["unchanged"] + summary["new"] == MANY
    assert summary["unchanged"] >= AT_ONCE  # from the file, not from nothing
    assert summary["new"]
    data = file.read_bytes()
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).splitlines()
    times = Counter(json.loads(line)["id"] for line in lines)
    assert times.keys() == {str(number) for number in range(MANY)}
    assert max(times.values()) == 1
