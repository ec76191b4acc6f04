"""``silah train`` and the state: where it looks for one, and what it says without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import silah
from service.journal import Change, Journal, Kind
from tests.support.newsroom import topic_records, write_jsonl


@pytest.fixture(autouse=True)
def one_job(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, each training in one process."""
    monkeypatch.setenv("SILAH_JOBS", "1")


def write(url: str, *deleted: str) -> None:
    journal = Journal.open(url)
    journal.append([Change(Kind.DELETION, article_id) for article_id in deleted], 0)
    journal.close()


def run(*arguments: Any) -> Any:
    """The document that ``silah train`` prints."""
    done = CliRunner().invoke(silah.app, ["train", *map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_the_state_beside_the_versions_is_read_where_there_is_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = write_jsonl(folder / "world.jsonl", topic_records())
    assert run(world)["journal_seq"] == 0
    write("sqlite:///artifacts/state.db", "water-1")
    assert (run("--update")["articles"], run(world)["articles"]) == (24, 24)
    write("sqlite:///variable.db", "water-1", "water-2")
    monkeypatch.setenv("SILAH_STATE", "sqlite:///variable.db")
    assert run(world)["articles"] == 23
    write("sqlite:///flag.db", "water-1", "water-2", "water-3")
    summary = run(world, "--state", "sqlite:///flag.db")
    assert (summary["articles"], summary["journal_seq"]) == (22, 3)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["train"], 2, "a source"),
        (["train", "world.jsonl", "--state", "sqlite:///nowhere.db"], 4, "nowhere.db"),
        (["train", "world.jsonl", "--update", "--state", "mysql://host/name"], 4, "mysql"),
    ],
)
def test_without_a_state_or_with_one_that_is_dead_it_says_so(
    words: list[str],
    code: int,
    told: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_jsonl(folder / "world.jsonl", topic_records())
    monkeypatch.setattr("sys.argv", ["silah", *words])
    with pytest.raises(SystemExit) as ended:
        silah.main()
    assert ended.value.code == code
    assert told in capsys.readouterr().err
