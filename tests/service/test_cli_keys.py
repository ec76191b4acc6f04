"""``silah keys``: made, shown once, listed, revoked."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import silah
from service.journal import Journal
from service.keys import Keyring, Keys


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with none of this machine's settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SILAH_")]:
        monkeypatch.delenv(name)
    return tmp_path


def keys(*words: str) -> Result:
    return CliRunner().invoke(silah.app, ["keys", *words], catch_exceptions=False)


def document(*words: str) -> Any:
    done = keys(*words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def opens(url: str, shown: str) -> bool:
    journal = Journal.open(url)
    try:
        return asyncio.run(Keyring(Keys(journal).locks).find(shown)) is not None
    finally:
        journal.close()


def test_a_key_is_made_listed_and_revoked(state: str) -> None:
    made = document("create", "--scope", "write", "--note", "الموقع", "--state", state)
    assert made.keys() == {"id", "key", "scope"}
    assert made["scope"] == "write"
    assert opens(state, made["key"])
    (listed,) = document("list", "--state", state)["keys"]
    assert listed["created_at"].endswith("Z")
    assert {**listed, "created_at": None} == {
        "id": made["id"],
        "scope": "write",
        "note": "الموقع",
        "created_at": None,
        "revoked_at": None,
    }
    revoked = document("revoke", made["id"], "--state", state)
    assert revoked["revoked_at"].endswith("Z")
    assert document("list", "--state", state)["keys"] == [revoked]
    assert not opens(state, made["key"])


def test_a_person_sees_the_key_alone_on_standard_output(folder: Path) -> None:
    done = keys("create", "--scope", "admin")
    (shown,) = done.stdout.split()
    assert opens(f"sqlite:///{folder}/artifacts/state.db", shown)
    key_id = shown.split("_")[1]
    assert f"Key {key_id}, scope admin" in done.stderr
    assert key_id in keys("list").stdout
    assert shown not in keys("list").stdout
    assert "revoked" in keys("revoke", key_id).stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["create", "--scope", "all"], 2, "--scope"),
        (["create"], 2, "--scope"),
        (["revoke", "nobody"], 2, "no key with id 'nobody'"),
        (["list", "--state", "mysql://host/name"], 4, "no state in mysql"),
        (["list", "--state", "sqlite:///silah.toml/state.db"], 4, "cannot use"),
    ],
)
def test_what_cannot_be_done_is_told(
    words: list[str],
    code: int,
    told: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "silah.toml").touch()
    monkeypatch.setattr("sys.argv", ["silah", "keys", *words])
    with pytest.raises(SystemExit) as ended:
        silah.main()
    assert ended.value.code == code
    assert told in capsys.readouterr().err
