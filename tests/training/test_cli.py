"""The commands that make and manage models: what they print, where, and the exit code they end with."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import silah
from models.registry import Registry
from tests.support.commands import Command, Ended
from tests.support.newsroom import COPY, topic_records, train_into, write_jsonl

SILAH = str(Path(sys.executable).with_name("silah"))
LONG = 60


JUDGEMENTS = [
    {"id1": "football-1", "id2": "football-2", "score": 3},
    {"id1": "water-1", "id2": "water-2", "score": 3},
    {"id1": "football-1", "id2": "water-1", "score": 0},
    {"id1": "health-1", "id2": "elections-1", "score": 0},
]


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def world(folder: Path) -> Path:
    return write_jsonl(folder / "world.jsonl", topic_records())


def process(*arguments: str | Path) -> Ended:
    """``silah`` with arguments, as a shell would start it."""
    done = subprocess.run([SILAH, *map(str, arguments)], capture_output=True, timeout=LONG, check=False)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command of a group and of the groups in it, with the words that call it."""
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from leaves(found, (*path, name))
        else:
            yield (*path, name), found


COMMANDS = dict(leaves(typer.main.get_command(silah.app)))


def test_commands_are_there() -> None:
    assert {("train",), ("recommend",), ("serve",), ("demo",)} <= COMMANDS.keys()
    managing = ("list", "show", "verify", "activate", "rollback", "prune")
    assert {("models", name) for name in managing} <= COMMANDS.keys()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_of_each_command_has_an_example_that_it_understands(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(silah.app, [*path, "--help"])
    assert shown.exit_code == 0
    example = re.search(r"Example: (silah .*)", shown.output)
    assert example
    silah_, *words = shlex.split(example.group(1))
    assert silah_ == "silah"
    assert tuple(words[: len(path)]) == path
    COMMANDS[path].make_context(path[-1], words[len(path) :])  # raises when an argument is wrong or wanting


# as real processes: what a shell and a scheduler see


def test_train_as_a_process_prints_one_document_and_nothing_else(world: Path) -> None:
    ended = process("train", world, "--json", "--jobs", "1")
    assert ended.code == 0
    assert ended.err == ""
    summary = ended.document
    assert summary["articles"] == 25
    assert summary["published"] is True
    assert summary["seconds"].keys() == {"read", "analyse", "weight", "neighbours", "stories", "evaluate", "publish"}
    assert summary["peak_memory_bytes"] > 0
    assert {"version", "rejected", "vocabulary", "metrics"} <= summary.keys()
    assert Path("artifacts/current").read_text().strip() == summary["version"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["models", "list"], 0, ""),
        (["train"], 2, "there must be a source"),
        (["train", "none.jsonl"], 4, "error: cannot read none.jsonl: no such file"),
        (["recommend", "football-1"], 5, "error: no model is published in artifacts: run `silah train`"),
    ],
    ids=["success", "wrong usage", "no source", "nothing published"],
)
def test_process_ends_with_its_exit_code_and_says_why_on_stderr(arguments: list[str], code: int, said: str) -> None:
    ended = process(*arguments)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert code == 0 or ended.out == ""


def test_python_m_training_is_the_same_command(artifacts: Path) -> None:
    command = [sys.executable, "-m", "training", "models", "list", "--json", "--artifacts", str(artifacts)]
    done = subprocess.run(command, capture_output=True, timeout=LONG, check=True)
    assert json.loads(done.stdout)["current"] == Registry(artifacts).current()


def test_terminal_sees_progress_on_stderr_only(world: Path) -> None:
    screen, theirs = pty.openpty()
    with subprocess.Popen([SILAH, "train", str(world), "--json"], stdout=subprocess.PIPE, stderr=theirs) as training:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(screen), b"")).decode()
        assert training.stdout is not None
        out = training.stdout.read()
        assert training.wait(LONG) == 0
    os.close(screen)
    for stage in ("reading", "neighbours", "stories", "evaluating"):
        assert stage in seen
    assert json.loads(out)["articles"] == 25


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65_536)
    except OSError:  # so Linux says that the other side is closed
        return b""


# train


def test_train_tells_a_person_what_it_did(command: Command, folder: Path) -> None:
    lines = ['{"id": 1, "title": "خبر أول", "score": 1}', '{"id": 1, "title": "خبر ثان"}', '{"id": 2}', "none"]
    (folder / "a.jsonl").write_text("\n".join(lines))
    ended = command("train", "a.jsonl")
    assert ended.code == 0
    assert "in service: 1 articles" in ended.out
    assert "rejected 2 (blank_title 1, not_json 1): see artifacts/rejects.jsonl" in ended.out
    assert "replaced 1" in ended.out
    assert "left out unknown keys: score" in ended.out


def test_train_tells_a_person_how_many_were_deleted(command: Command, folder: Path) -> None:
    records = [{"id": 1, "title": "خبر"}, {"id": 2, "title": "خبر"}, {"id": 1, "deleted": True}]
    assert "left out 1: deleted by later records" in command("train", write_jsonl(folder / "a.jsonl", records)).out


def test_update_tells_what_changed_and_when_a_full_training_is_due(command: Command, folder: Path, world: Path) -> None:
    base = command("train", world, "--json").document
    assert (base["update"], base["full_training_due"]) == (None, False)
    records = [{"id": "more", "title": "زلزال وبركان"}, {"id": "water-1", "deleted": True}, topic_records()[0]]
    more = write_jsonl(folder / "more.jsonl", records)
    done = command("train", "--update", more, "--no-publish", "--json").document
    assert done["update"]["base"] == base["version"]
    assert done["update"]["changes"] == {"added": 1, "changed": 0, "deleted": 1}
    assert done["update"]["drift"].keys() == {"unknown_terms", "idf_change", "turnover"}
    assert (done["full_training_due"], done["unchanged"], done["articles"]) == (True, 1, 25)
    told = command("train", "--update", more).out
    assert f"updated {base['version']}: 1 added, 0 changed, 1 deleted (1 records unchanged)" in told
    assert "full training due: unknown_terms is 1.000, a full training is due from 0.100" in told
    (folder / "silah.toml").write_text("[update]\nunknown_terms = 1.0\n[model]\nneighbours = 100\n")
    again = command("train", "--update", more).out
    assert "nothing new in 2 unchanged records: no version was made" in again
    (folder / "silah.toml").write_text("[model]\nneighbours = 9\n")
    refused = command("train", "--update", more)
    assert refused.code == 5
    assert "model.neighbours was 100, is 9" in refused.err


def test_update_without_a_version_says_what_to_do(command: Command, world: Path) -> None:
    ended = command("train", "--update", world)
    assert (ended.code, ended.out) == (5, "")
    assert "silah train" in ended.err


def test_train_reads_many_sources(command: Command, world: Path, folder: Path) -> None:
    more = write_jsonl(folder / "more.jsonl", [{"id": "more", "title": "خبر آخر"}])
    assert command("train", world, more, "--json").document["articles"] == 26


def test_train_keeps_a_version_out_of_service_on_request(command: Command, artifacts: Path, world: Path) -> None:
    before = Registry(artifacts).current()
    summary = command("train", world, "--no-publish", "--artifacts", artifacts, "--json").document
    assert summary["published"] is False
    assert Registry(artifacts).current() == before
    assert summary["version"] in Registry(artifacts).names()


def test_train_leaves_out_what_came_later(command: Command, world: Path) -> None:
    summary = command("train", world, "--as-of", "2025-03-06", "--json").document
    assert (summary["articles"], summary["later_than_as_of"]) == (13, 12)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.jsonl", b"", 4),
        ("cut.jsonl.gz", b"\x1f\x8b\x08\x00", 4),
        ("a.csv", b"id,title\n", 4),
        ("[/red] [bold].csv", b"", 4),
        ("bad.jsonl", b'{"id": 1}\n', 5),
    ],
)
def test_train_on_nothing_fails_and_leaves_the_version_in_service(
    command: Command, artifacts: Path, folder: Path, name: str, data: bytes, code: int
) -> None:
    before = Registry(artifacts).current()
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    ended = command("train", name, "--artifacts", artifacts, "--json")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error: ")
    assert code == 5 or name in ended.err
    assert Registry(artifacts).current() == before
    assert Registry(artifacts).names() == [before]


def test_train_while_another_runs_is_refused(command: Command, artifacts: Path, world: Path) -> None:
    with Registry(artifacts).training():
        ended = command("train", world, "--artifacts", artifacts)
    assert ended.code == 5
    assert "another training is running" in ended.err


def test_train_prints_names_that_utf8_cannot_hold(command: Command, folder: Path) -> None:
    (folder / "a.jsonl").write_text('{"id": 1, "title": "خبر", "\\ud800": 1}')
    assert command("train", "a.jsonl", "--json").document["unknown_keys"] == {"?": 1}


@pytest.mark.parametrize("missing", ["dask", "fsspec"])
def test_train_says_how_to_install_what_a_cluster_needs(
    command: Command, world: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr("training.engine.find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    monkeypatch.setenv("SILAH_SCHEDULER", "tcp://127.0.0.1:8786")  # without Dask nobody asks for it
    options = {"dask": ["--backend", "dask"], "fsspec": ["--blocks", "s3://bucket/folder"]}[missing]
    ended = command("train", world, *options)
    assert (ended.code, ended.out) == (2, "")
    assert "pip install 'silah[dask]'" in ended.err


def test_train_by_another_backend_with_blocks_in_another_folder(command: Command, world: Path, folder: Path) -> None:
    ended = command("train", world, "--json", "--backend", "threading", "--blocks", folder / "shared")
    assert ended.code == 0
    assert ended.document["published"]
    assert not list((folder / "shared").iterdir())


# settings


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "world.jsonl", "--as-of", "yesterday"],
        ["train", "world.jsonl", "--jobs", "many"],
        ["train", "world.jsonl", "--jobs", "0"],
        ["train", "world.jsonl", "--backend", "nonsense"],
        ["train", "world.jsonl", "--backend", "dask"],
        ["train", "world.jsonl", "--scheduler", "tcp://127.0.0.1:8786"],
        ["train", "world.jsonl", "--blocks", "nonsense://bucket"],
        ["train", "world.jsonl", "--nonsense"],
        ["models", "prune", "--keep", "0"],
        ["models", "show"],
        ["recommend", "football-1", "--list", "best"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(command: Command, world: Path, arguments: list[str]) -> None:
    ended = command(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Error" in ended.err
    assert not Path("artifacts").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SILAH_JOBS", "many", "jobs: "),
        ("SILAH_MODEL__NEIGHBOURS", "0", "model.neighbours: "),
        ("SILAH_BACKEND", "dask", "needs the address of a scheduler"),
        ("SILAH_BLOCKS", "nonsense://bucket", "nonsense"),
        ("SILAH_MODEL__WEIGHTING__MIN_DF", "few", "model.weighting.min_df: "),
        ("SILAH_MODEL", "{", "model"),
    ],
)
def test_bad_setting_in_the_environment_is_wrong_usage(
    command: Command, world: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = command("train", world)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize("text", ["jobs = = 3", 'jobs = "many"', "[model]\nneighbours = 1.5"])
def test_bad_setting_in_the_file_is_wrong_usage(command: Command, world: Path, folder: Path, text: str) -> None:
    (folder / "silah.toml").write_text(text)
    ended = command("train", world)
    assert ended.code == 2
    assert "Invalid value for settings" in ended.err


def test_artifacts_are_where_flag_environment_and_file_say(
    command: Command, artifacts: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = Registry(artifacts).current()

    def found(*flags: str | Path) -> str | None:
        name: str | None = command("models", "list", "--json", *flags).document["current"]
        return name

    (folder / "silah.toml").write_text(f'artifacts = "{artifacts}"')
    assert found() == current
    monkeypatch.setenv("SILAH_ARTIFACTS", "elsewhere")
    assert found() is None
    assert found("--artifacts", artifacts) == current


def test_settings_of_the_model_end_in_its_manifest(command: Command, world: Path, folder: Path) -> None:
    (folder / "silah.toml").write_text("[model]\nneighbours = 7\n[model.lists]\nrelated_half_life_days = 3.5\n")
    version = command("train", world, "--json").document["version"]
    config = command("models", "show", version, "--json").document["config"]
    assert config["neighbours"] == 7
    assert config["lists"]["related_half_life_days"] == 3.5


# recommend


def test_recommend_shows_related_articles(command: Command, artifacts: Path) -> None:
    ended = command("recommend", "football-2", "--artifacts", artifacts)
    assert ended.code == 0
    assert "أخبار ذات صلة" in ended.out
    assert "النوارس" in ended.out


def test_recommend_as_json(command: Command, artifacts: Path) -> None:
    answer = command("recommend", "football-2", "--artifacts", artifacts, "--json").document
    assert answer["list"] == "related"
    assert answer["source_id"] == "football-2"
    assert answer["model"] == Registry(artifacts).current()
    items = answer["items"]
    assert items[0]["id"].startswith("football-")
    assert [item["rank"] for item in items] == list(range(1, len(items) + 1))
    assert all({"id", "rank", "score", "reason", "title", "story_id"} <= item.keys() for item in items)
    assert not any("matched_terms" in item for item in items)
    ids = [item["id"] for item in items]
    assert "football-2" not in ids
    assert len({"football-1", COPY}.intersection(ids)) <= 1


def test_recommend_takes_list_and_limit(command: Command, artifacts: Path) -> None:
    def ids(*flags: str) -> list[str]:
        answer = command("recommend", "football-5", "--artifacts", artifacts, "--json", *flags).document
        return [item["id"] for item in answer["items"]]

    related = ids()
    assert ids("--limit", "2") == related[:2]
    also_like = ids("--list", "also-like", "--limit", "10")
    assert also_like
    assert set(also_like).isdisjoint(related)
    assert len(ids("--list", "also-like")) == 2


def test_recommend_explains_in_words_of_the_article(command: Command, artifacts: Path) -> None:
    arguments = ("recommend", "water-1", "--artifacts", artifacts, "--explain")
    (water,) = (record for record in topic_records() if record["id"] == "water-1")
    text = " ".join(re.findall(r"\w+", f"{water['title']} {water['body']}"))
    items = command(*arguments, "--json").document["items"]
    terms = [matched["term"] for item in items for matched in item["matched_terms"]]
    assert terms
    assert all(f" {term} " in f" {text} " for term in terms)
    assert terms[0] in command(*arguments).out


@pytest.mark.parametrize("arguments", [["nowhere"], ["water-1", "--limit", "0"], ["water-1", "--limit", "51"]])
def test_recommend_for_what_cannot_be_is_wrong_usage(command: Command, artifacts: Path, arguments: list[str]) -> None:
    ended = command("recommend", *arguments, "--artifacts", artifacts, "--json")
    assert (ended.code, ended.out) == (2, "")
    assert arguments[-1] in ended.err


def test_recommend_prints_a_title_as_it_is(command: Command, folder: Path) -> None:
    titles = ["[red] انقطاع الكهرباء [/bold]", "[/x] انقطاع الكهرباء [video]"]
    records = [{"id": number, "title": title, "section": "[b]"} for number, title in enumerate(titles)]
    train_into(folder / "artifacts", [*records, *topic_records()])
    ended = command("recommend", "0")
    assert ended.code == 0
    assert all(title in ended.out for title in titles)
    assert "[b]" in ended.out


# models


def test_evaluate_compares_with_judgements(command: Command, artifacts: Path, folder: Path) -> None:
    pairs = write_jsonl(folder / "pairs.jsonl", JUDGEMENTS)
    ended = command("evaluate", "--pairs", pairs, "--artifacts", artifacts, "--json")
    report = json.loads(ended.out)
    assert ended.code == 0
    assert report["version"] == Registry(artifacts).current()
    assert report["metrics"]["story_repeats"] == 0
    assert report["pairs"]["count"] == len(JUDGEMENTS)
    assert report["pairs"]["pearson"] > 0.5


def test_evaluate_takes_the_articles_it_is_given(command: Command, artifacts: Path, world: Path, folder: Path) -> None:
    pairs = write_jsonl(folder / "pairs.jsonl", JUDGEMENTS)
    own = command("evaluate", "--pairs", pairs, "--artifacts", artifacts, "--json")
    given = command("evaluate", world, "--pairs", pairs, "--artifacts", artifacts, "--json")
    assert json.loads(given.out)["pairs"] == json.loads(own.out)["pairs"]
    told = command("evaluate", "--pairs", pairs, "--artifacts", artifacts).out
    assert "pearson" in told


def test_evaluate_of_judgements_that_cannot_be_read_is_four(command: Command, artifacts: Path) -> None:
    assert command("evaluate", "--pairs", "nothing.jsonl", "--artifacts", artifacts).code == 4


@pytest.fixture
def three(artifacts: Path) -> list[str]:
    """Names of three versions, oldest first; the last is in service."""
    for _ in range(2):
        train_into(artifacts, topic_records())
    return Registry(artifacts).names()


def test_models_list(command: Command, artifacts: Path, three: list[str]) -> None:
    listed = command("models", "list", "--artifacts", artifacts, "--json").document
    assert listed["current"] == three[2]
    assert [version["version"] for version in listed["versions"]] == three
    assert [version["current"] for version in listed["versions"]] == [False, False, True]
    assert listed["versions"][0]["counts"]["articles"] == 25
    lines = command("models", "list", "--artifacts", artifacts).out.splitlines()
    assert [[name in line for name in three].index(True) for line in lines if "Z-" in line] == [0, 1, 2]
    assert [line for line in lines if "●" in line] == [line for line in lines if three[2] in line]


def test_models_list_of_an_empty_folder(command: Command) -> None:
    assert command("models", "list", "--json").document == {"current": None, "versions": []}


def test_models_show(command: Command, artifacts: Path) -> None:
    version = Registry(artifacts).names()[0]
    shown = command("models", "show", version, "--artifacts", artifacts, "--json").document
    assert shown["version"] == version
    assert shown["files"]["articles.jsonl"].keys() == {"size", "sha256"}
    assert json.loads(command("models", "show", version, "--artifacts", artifacts).out) == shown


def test_models_verify(command: Command, artifacts: Path) -> None:
    version = Registry(artifacts).names()[0]
    arguments = ("models", "verify", version, "--artifacts", artifacts)
    assert command(*arguments).out == f"{version} is sound\n"
    answer = command(*arguments, "--json").document
    assert (answer["version"], answer["sound"]) == (version, True)
    with (artifacts / "versions" / version / "idf.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x7f")
    ended = command(*arguments, "--json")
    assert (ended.code, ended.out) == (5, "")
    assert "idf.npy differs from its digest" in ended.err


def test_models_activate(command: Command, artifacts: Path, three: list[str]) -> None:
    ended = command("models", "activate", three[0], "--artifacts", artifacts)
    assert ended.out == f"{three[0]} is in service\n"
    assert Registry(artifacts).current() == three[0]
    answer = command("models", "activate", three[1], "--artifacts", artifacts, "--json").document
    assert answer == {"current": three[1]}


def test_models_activate_refuses_a_damaged_version(command: Command, artifacts: Path, three: list[str]) -> None:
    (artifacts / "versions" / three[0] / "weights.npy").write_bytes(b"")
    ended = command("models", "activate", three[0], "--artifacts", artifacts)
    assert ended.code == 5
    assert "weights.npy" in ended.err
    assert Registry(artifacts).current() == three[2]


def test_models_rollback_goes_back_one_version_each_time(command: Command, artifacts: Path, three: list[str]) -> None:
    arguments = ("models", "rollback", "--artifacts", artifacts)
    assert command(*arguments).out == f"{three[1]} is in service again\n"
    assert command(*arguments, "--json").document == {"current": three[0]}
    ended = command(*arguments)
    assert ended.code == 5
    assert "no earlier version" in ended.err
    assert Registry(artifacts).current() == three[0]


def test_models_prune_keeps_the_newest_and_the_one_in_service(
    command: Command, artifacts: Path, three: list[str]
) -> None:
    command("models", "activate", three[0], "--artifacts", artifacts)
    arguments = ("models", "prune", "--artifacts", artifacts)
    assert command(*arguments, "--json").document == {"removed": []}
    assert command(*arguments, "--keep", "2").out == "removed 1 versions\n"
    assert Registry(artifacts).names() == [three[0], three[2]]
    assert command(*arguments, "--keep", "1", "--json").document == {"removed": [three[2]]}
    assert command("recommend", "water-1", "--artifacts", artifacts).code == 0


@pytest.mark.parametrize("name", ["show", "verify", "activate"])
@pytest.mark.parametrize("version", ["20200101T000000000Z-abcdef", "../versions", ""])
def test_models_without_such_a_version(command: Command, artifacts: Path, name: str, version: str) -> None:
    ended = command("models", name, version, "--artifacts", artifacts, "--json")
    assert (ended.code, ended.out) == (5, "")
    assert f"no model version {version!r}" in ended.err


def test_version_in_service_that_is_gone_is_told(command: Command, artifacts: Path) -> None:
    (artifacts / "current").write_text("gone\n")
    ended = command("recommend", "water-1", "--artifacts", artifacts)
    assert ended.code == 5
    assert "no model version 'gone'" in ended.err


def test_models_list_in_a_pipe_shows_whole_names(artifacts: Path) -> None:
    printed = subprocess.run(
        [SILAH, "models", "list", "--artifacts", artifacts], capture_output=True, text=True, check=True
    )
    assert all(version in printed.stdout for version in Registry(artifacts).names())
