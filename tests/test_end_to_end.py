"""End to end, as a user: commands and servers are processes of their own, asked over HTTP."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.registry import Registry
from tests.support.damage import flip_byte
from tests.support.newsroom import topic_records, train_into, write_jsonl
from tests.support.pages import Page
from tests.support.problems import assert_problem
from tests.support.processes import START, Server, reading, running, silah, silah_json
from tests.support.serving import eventually

RELATED, ALSO_LIKE = "/v1/articles/football-2/related", "/v1/articles/health-3/also-like"
NEWER = 10.0  # seconds within which a running server has to answer from another version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to work in, with a source."""
    write_jsonl(tmp_path / "articles.jsonl", topic_records())
    return tmp_path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder to work in, with a published version in ./artifacts."""
    train_into(tmp_path / "artifacts", topic_records())
    return tmp_path


@pytest.fixture
def server(published: Path) -> Iterator[Server]:
    """A server on the published version."""
    with running(published, "serve", "--port", "0") as server:
        eventually(server.ready, START)
        yield server


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model nobody changes."""
    folder = tmp_path_factory.mktemp("steady")
    train_into(folder / "artifacts", topic_records())
    with running(folder, "serve", "--port", "0") as server:
        eventually(server.ready, START)
        yield server


def read_both(server: Server) -> list[dict[str, Any]]:
    """Both lists of an article, read; neither is empty, neither holds what it must not."""
    answers = [server.get(path).json() for path in (RELATED, ALSO_LIKE)]
    for answer in answers:
        ids = [item["id"] for item in answer["items"]]
        assert ids
        assert answer["source_id"] not in ids
        assert len(set(ids)) == len(ids)
    return answers


def test_train_serve_read_train_again_and_roll_back(folder: Path) -> None:
    first = silah_json(folder, "train", "articles.jsonl", "--jobs", "2")
    assert first["published"]
    assert (first["articles"], first["rejected"]) == (25, 0)
    with running(folder, "serve", "--port", "0") as server:
        assert eventually(server.ready, START)["articles"] == 25
        assert {answer["model"]["version"] for answer in read_both(server)} == {first["version"]}

        flash = {
            "id": "flash",
            "title": "النوارس يتوج بكأس المدينة",
            "body": "توج النوارس بكأس المدينة في ملعب الميناء.",
        }
        write_jsonl(folder / "later.jsonl", [{**flash, "published_at": "2025-03-20T00:00:00Z"}])
        with reading(server, RELATED, ALSO_LIKE) as seen:
            second = silah_json(folder, "train", "articles.jsonl", "later.jsonl")
            eventually(lambda: server.model() == second["version"], NEWER)
            eventually(lambda: seen.versions[-1] == second["version"], NEWER)
            assert "flash" in [item["id"] for item in server.get(f"{RELATED}?limit=50").json()["items"]]

            assert silah(folder, "train", "missing.jsonl").returncode == 4
            assert server.model() == second["version"]

            back = silah_json(folder, "models", "rollback")
            assert back["current"] == first["version"]
            eventually(lambda: server.model() == first["version"], NEWER)
            eventually(lambda: seen.versions[-1] == first["version"], NEWER)
            assert "flash" not in server.get(f"{RELATED}?limit=50").text
        assert seen.failures == []
        assert seen.answers > 20
        assert seen.versions == [first["version"], second["version"], first["version"]]

        assert server.stop() == 0


def test_two_workers_count_together_write_nothing_and_follow(published: Path) -> None:
    before = _written(published / "artifacts")
    state = f"sqlite:///{published / 'state.db'}"
    with running(published, "serve", "--port", "0", "--workers", "2", "--state", state) as server:
        first = eventually(server.model, START)
        for _ in range(20):
            read_both(server)
        families = {family.name: family for family in text_string_to_metric_families(server.get("/metrics").text)}
        lists = [
            sample.value
            for sample in families["silah_http_requests"].samples
            if sample.name.endswith("_total") and sample.labels["route"].endswith(("/related", "/also-like"))
        ]
        assert sum(lists) == 40
        assert _written(published / "artifacts") == before

        with reading(server, RELATED, ALSO_LIKE) as seen:
            second = train_into(published / "artifacts", topic_records()).version
            # a connection is answered by either worker: both have followed when many in a row are
            eventually(lambda: {server.model() for _ in range(20)} == {second}, NEWER)
        assert seen.failures == []
        assert set(seen.versions) <= {first, second}
        assert server.stop() == 0


def test_what_one_worker_writes_the_other_shows_at_the_next_read(published: Path) -> None:
    key = {"X-API-Key": silah_json(published, "keys", "create", "--scope", "write")["key"]}
    with running(published, "serve", "--port", "0", "--workers", "2") as server:
        eventually(server.model, START)
        for number in range(10):
            url = f"{server.address}/v1/articles/new-{number}"
            record = {"title": "النوارس يستعد لنهائي كأس المدينة", "published_at": "2025-03-31T08:00:00Z"}
            assert httpx.put(url, json=record, headers=key, timeout=10).status_code == 201
            # a connection is answered by either worker
            assert [server.get(f"/v1/articles/new-{number}").status_code for _ in range(6)] == [200] * 6
            assert httpx.delete(url, headers=key, timeout=10).status_code == 204
            assert [server.get(f"/v1/articles/new-{number}").status_code for _ in range(6)] == [404] * 6
        assert server.stop() == 0


def test_a_server_that_starts_before_the_first_training_takes_it_up(folder: Path) -> None:
    with running(folder, "serve", "--port", "0") as server:
        eventually(lambda: _answers(server), START)
        assert "silah train" in assert_problem(server.get(RELATED), 503, "nothing-published")["detail"]
        version = train_into(folder / "artifacts", topic_records()).version
        eventually(lambda: server.model() == version, NEWER)
        read_both(server)


def _written(folder: Path) -> dict[Path, int]:
    """When each file was written, but for the state of the service."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.name.startswith("state.db")}


def _answers(server: Server) -> bool:
    server.ready()
    return server.log.read_text(encoding="utf-8").count('"/health/ready"') > 0


# the server as a process


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly_and_its_log_is_json(server: Server, how: signal.Signals) -> None:
    read_both(server)
    server.get("/nowhere", headers={"X-Request-ID": "call-7"})
    assert server.stop(how) == 0
    first, *lines = server.log.read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert server.address in first
    entries = [json.loads(line) for line in lines]
    assert {"at", "level", "logger", "message"} <= set.intersection(*(set(entry) for entry in entries))
    assert {entry["level"] for entry in entries} == {"info"}
    assert "call-7" in {entry.get("request_id") for entry in entries}


def test_a_path_that_is_no_path_is_refused_without_a_trace(steady: Server) -> None:
    host, _, port = steady.address.removeprefix("http://").rpartition(":")
    for path in ("/v1/articles/خبر/related", "/v1/articles/%zz", "/v1/articles/a b"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: silah\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda connection=connection: connection.recv(65536), b"")).decode()
        assert answer.startswith(("HTTP/1.1 400", "HTTP/1.1 404")), path
        assert "Traceback" not in answer
    assert steady.model()


def test_a_port_that_is_taken_is_told_at_once(published: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = silah(published, "serve", "--port", port)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_an_address_that_is_not_of_this_machine_is_told(published: Path) -> None:
    done = silah(published, "serve", "--host", "192.0.2.1", "--port", "0")
    assert done.returncode == 1
    assert "192.0.2.1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--workers", "0"), ("superfluous",)])
def test_wrong_usage_of_serve_has_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = silah(tmp_path, "serve", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_settings_file_that_is_no_toml_has_exit_code_2(published: Path) -> None:
    (published / "silah.toml").write_text("port = = 1", encoding="utf-8")
    done = silah(published, "serve", "--port", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# input that is wrong


def test_a_source_that_cannot_be_read_has_exit_code_4(published: Path) -> None:
    (published / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00 cut short")
    (published / "empty.jsonl").write_bytes(b"")
    registry = Registry(published / "artifacts")
    before = registry.names(), registry.current()
    for name in ("missing.jsonl", "cut.jsonl.gz", "empty.jsonl"):
        done = silah(published, "train", name)
        assert done.returncode == 4, name
        assert name in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert (registry.names(), registry.current()) == before


def test_bad_records_are_rejected_and_counted_and_the_rest_is_trained(folder: Path) -> None:
    good = topic_records()
    lines = [json.dumps(record, ensure_ascii=False) for record in good]
    lines[3:3] = ["{this is not JSON", '["a", "list"]', '{"title": "بلا معرف"}', '{"id": "x1", "title": " \\u00a0 "}']
    lines += ['{"id": "x2", "title": "وقت سيئ", "published_at": "غدا"}', '{"id": "x3"}', ""]
    (folder / "mixed.jsonl").write_text("\n".join(lines), encoding="utf-8")
    summary = silah_json(folder, "train", "mixed.jsonl")
    assert (summary["articles"], summary["rejected"]) == (len(good), 6)
    rejects = [json.loads(line) for line in (folder / "artifacts" / "rejects.jsonl").read_text("utf-8").splitlines()]
    assert [(entry["line"], entry["reason"]) for entry in rejects] == [
        (4, "not_json"),
        (5, "not_an_object"),
        (6, "missing_id"),
        (7, "blank_title"),
        (30, "bad_time"),
        (31, "blank_title"),
    ]


def test_records_of_which_none_is_an_article_publish_nothing(folder: Path) -> None:
    (folder / "bad.jsonl").write_text('{"title": "بلا معرف"}\nnonsense\n', encoding="utf-8")
    done = silah(folder, "train", "bad.jsonl")
    assert done.returncode == 5
    assert "rejects.jsonl" in done.stderr
    assert Registry(folder / "artifacts").names() == []


def test_a_changed_byte_is_refused_by_name_and_the_old_version_goes_on(server: Server, published: Path) -> None:
    artifacts = published / "artifacts"
    first = server.model()
    second = train_into(artifacts, topic_records(), publish=False).version
    damaged = artifacts / "versions" / second / "neighbour_scores.npy"
    flip_byte(damaged)
    done = silah(published, "models", "activate", second)
    assert done.returncode == 5
    assert "neighbour_scores.npy" in done.stderr
    assert second in done.stderr
    assert "Traceback" not in done.stderr
    assert Registry(artifacts).current() == first
    assert server.ready() == {"status": "ready", "model": first, "articles": 25, "seq": 0}

    # someone names it by hand
    (artifacts / "current").write_text(second, encoding="utf-8")
    ready = eventually(lambda: (answer := server.ready()) and "refused" in answer and answer, NEWER)
    assert ready["model"] == first
    assert "neighbour_scores.npy" in ready["refused"]
    read_both(server)
    with running(published, "serve", "--port", "0") as fresh:
        eventually(lambda: _answers(fresh), START)
        assert "neighbour_scores.npy" in assert_problem(fresh.get(RELATED), 503, "model-refused")["detail"]
        silah_json(published, "models", "activate", str(first))
        eventually(lambda: fresh.model() == first, NEWER)
        eventually(lambda: "refused" not in (server.ready() or {"refused": True}), NEWER)


def test_there_is_no_way_back_from_the_only_version(published: Path) -> None:
    done = silah(published, "models", "rollback")
    assert done.returncode == 5
    assert "no earlier version" in done.stderr


# the demo


def test_the_demo_trains_once_and_serves_pages_and_lists(tmp_path: Path) -> None:
    with running(tmp_path, "demo", "--port", "0") as server:
        version = eventually(server.model, START)
        front = Page(server.get("/demo").text)
        assert front.one("html").attributes["dir"] == "rtl"
        link = next(link for link in front.links if link.startswith("/demo/articles/"))
        assert server.get(link).status_code == 200
        article_id = link.removeprefix("/demo/articles/")
        for name in ("related", "also-like"):
            answer = server.get(f"/v1/articles/{article_id}/{name}")
            assert answer.status_code == 200
            assert answer.json()["model"]["version"] == version
        assert server.stop() == 0
    with running(tmp_path, "demo", "--port", "0") as server:
        assert eventually(server.model, START) == version
    versions = tmp_path / "artifacts" / "versions"
    assert [path.name for path in versions.iterdir()] == [version]

    # what it trained is spoilt: it trains again instead of serving nothing
    flip_byte(versions / version / "idf.npy")
    with running(tmp_path, "demo", "--port", "0") as server:
        assert eventually(server.model, START) != version
        assert Page(server.get("/demo").text).links
