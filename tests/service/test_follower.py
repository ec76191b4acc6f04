"""service.follower: another version in service is picked up whole; one that is not sound changes nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from models.errors import ModelError, NothingPublished
from models.registry import Registry
from service.database import Database
from service.follower import Follower
from service.journal import Journal
from tests.support.damage import flip_byte
from tests.support.newsroom import AFTER_ALL, topic_records, train_into
from tests.support.problems import assert_problem
from tests.support.serving import DEADLINE, Client, eventually, serving
from tests.support.states import journal_of

QUICK = {"follow_seconds": 0.02, "retry_seconds": 0.05}
LIST = "/v1/articles/football-2/related"


def served(follower: Follower) -> str:
    """The version that readers get."""
    return follower.holder.take().version


def point_at(artifacts: Path, text: str) -> None:
    """Name a version as the one in service without the checks of an activation."""
    (artifacts / "current").write_text(text, encoding="utf-8")


def damaged_version(artifacts: Path, file: str = "idf.npy") -> str:
    """A second version that differs from its digests, named as the one in service."""
    version = train_into(artifacts, topic_records(), publish=False).version
    flip_byte(artifacts / "versions" / version / file)
    point_at(artifacts, version)
    return version


def test_nothing_published_says_what_to_run(tmp_path: Path) -> None:
    follower = Follower(Registry(tmp_path), journal_of(tmp_path))
    with pytest.raises(NothingPublished, match="silah train"):
        follower.holder.take()
    follower.step()
    with pytest.raises(NothingPublished, match="silah train"):
        follower.holder.take()


def test_the_first_version_is_picked_up_without_a_restart(tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    with serving(artifacts, **QUICK) as client:
        assert_problem(client.get(LIST), 503, "nothing-published")
        version = train_into(artifacts, topic_records()).version
        eventually(lambda: client.get("/health/ready").status_code == 200)
        assert client.get(LIST).json()["model"]["version"] == version


def test_another_version_in_service_is_swapped_in(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    first = served(follower)
    second = train_into(artifacts, topic_records()).version
    assert served(follower) == first
    follower.step()
    assert served(follower) == second


def test_a_version_that_is_not_published_is_not_swapped_in(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    first = served(follower)
    train_into(artifacts, topic_records(), publish=False)
    follower.step()
    assert served(follower) == first


def test_a_rollback_is_followed(artifacts: Path) -> None:
    registry = Registry(artifacts)
    follower = Follower(registry, journal_of(registry.root))
    first = registry.current()
    train_into(artifacts, topic_records())
    follower.step()
    registry.rollback(AFTER_ALL)
    follower.step()
    assert served(follower) == first


def test_the_same_version_is_not_loaded_twice(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    snapshot = follower.holder.take()
    follower.step()
    assert follower.holder.take() is snapshot


@pytest.mark.parametrize(
    "file", ["idf.npy", "articles.jsonl", "vocabulary.json", "neighbour_rows.npy", "manifest.json"]
)
def test_a_damaged_version_keeps_the_old_one_and_is_named_with_its_file(artifacts: Path, file: str) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    first = served(follower)
    second = damaged_version(artifacts, file)
    follower.step()
    assert served(follower) == first
    refusal = follower.holder.refusal
    assert refusal is not None
    assert refusal.version == second
    assert file in refusal.problem
    assert second in refusal.problem


def test_ready_and_the_figures_tell_of_a_refused_version(artifacts: Path) -> None:
    with serving(artifacts, **QUICK) as client:
        first = client.get("/health/ready").json()
        assert "refused" not in first
        assert "silah_model_refused 0.0" in client.get("/metrics").text
        damaged_version(artifacts)
        ready = eventually(lambda: (answer := client.get("/health/ready").json()).get("refused") and answer)
        assert ready == {**first, "refused": ready["refused"]}
        assert "idf.npy" in ready["refused"]
        assert "silah_model_refused 1.0" in client.get("/metrics").text
        assert client.get(LIST).json()["model"]["version"] == first["model"]


def test_a_refused_first_version_is_503_and_names_the_file(artifacts: Path) -> None:
    version = Registry(artifacts).current()
    flip_byte(artifacts / "versions" / str(version) / "terms.npy")
    with serving(artifacts) as client:
        for path in ("/health/ready", LIST, "/demo"):
            assert "terms.npy" in assert_problem(client.get(path), 503, "model-refused")["detail"]
        assert client.get("/health/live").status_code == 200


def looks(follower: Follower, artifacts: Path) -> None:
    """As many looks as a version has files."""
    for _ in range(len(list((artifacts / "versions").glob("*/*"))) + 1):
        follower.step()


def test_at_the_start_large_files_are_compared_while_answering(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts), at_start=0)
    follower.step()
    snapshot = follower.holder.take()
    looks(follower, artifacts)
    assert follower.holder.take() is snapshot
    assert follower.holder.refusal is None


def test_a_large_file_found_damaged_after_the_start_is_refused_by_name(artifacts: Path) -> None:
    version = str(Registry(artifacts).current())
    flip_byte(artifacts / "versions" / version / "terms.npy")
    follower = Follower(Registry(artifacts), journal_of(artifacts), at_start=0, retry=0)
    follower.step()
    assert served(follower) == version
    looks(follower, artifacts)
    for _ in range(3):  # tried again, as a whole, and never served again
        with pytest.raises(ModelError, match=r"terms\.npy"):
            follower.holder.take()
        assert follower.holder.answers() == ()
        follower.step()
    flip_byte(artifacts / "versions" / version / "terms.npy")
    follower.step()
    assert served(follower) == version
    assert follower.holder.refusal is None


def test_what_follows_the_first_version_is_compared_as_a_whole_before_it_answers(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts), at_start=0)
    follower.step()
    first = served(follower)
    damaged_version(artifacts, "terms.npy")
    follower.step()
    assert served(follower) == first
    assert "terms.npy" in str(follower.holder.refusal)


def test_a_repaired_version_is_taken_at_the_next_try(artifacts: Path) -> None:
    with serving(artifacts, **QUICK) as client:
        second = damaged_version(artifacts)
        eventually(lambda: "refused" in client.get("/health/ready").json())
        flip_byte(artifacts / "versions" / second / "idf.npy")
        ready = eventually(lambda: (answer := client.get("/health/ready").json())["model"] == second and answer)
        assert "refused" not in ready


def test_a_refused_version_is_not_tried_again_at_once(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts), retry=3600)
    follower.step()
    second = damaged_version(artifacts)
    follower.step()
    refusal = follower.holder.refusal
    flip_byte(artifacts / "versions" / second / "idf.npy")
    follower.step()
    assert follower.holder.refusal is refusal
    assert served(follower) != second


def test_a_refused_version_is_tried_again_at_once_when_it_is_put_in_service_anew(artifacts: Path) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts), retry=3600)
    follower.step()
    first = served(follower)
    second = damaged_version(artifacts)
    follower.change_over()
    assert served(follower) == first
    assert follower.holder.refusal is not None
    flip_byte(artifacts / "versions" / second / "idf.npy")
    follower.change_over()
    assert served(follower) == second
    assert follower.holder.refusal is None


def test_several_who_change_over_load_a_version_once(artifacts: Path, caplog: pytest.LogCaptureFixture) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    second = train_into(artifacts, topic_records()).version
    with caplog.at_level(logging.INFO, "silah.follower"), ThreadPoolExecutor(4) as threads:
        for asked in [threads.submit(follower.change_over) for _ in range(8)]:
            asked.result()
    assert served(follower) == second
    assert [record.message for record in caplog.records] == ["serving another version"]


def test_an_unforeseen_error_does_not_end_the_following(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [ZeroDivisionError(), MemoryError()]

    def failing(registry: Registry) -> str | None:
        if failures:
            raise failures.pop()
        return current(registry)

    current = Registry.current
    with serving(artifacts, **QUICK) as client:
        monkeypatch.setattr(Registry, "current", failing)
        second = train_into(artifacts, topic_records(), publish=False).version
        point_at(artifacts, second)
        eventually(lambda: client.get("/health/ready").json()["model"] == second)
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == ["look failed"] * 2


@pytest.mark.parametrize("name", ["artifacts", "nothing"])
def test_when_it_is_over_no_thread_goes_on(artifacts: Path, state: str, name: str) -> None:
    working: list[str] = []
    waiting = threading.Event()

    class Watched(Follower):
        def step(self) -> None:
            working.append("step")
            super().step()

    class Waited(Journal):
        def wait(self, seq: int, seconds: float) -> bool:
            working.append("wait")
            waiting.set()
            try:
                return super().wait(seq, seconds)
            finally:
                working.append("waited")

    async def run() -> None:
        journal = Waited(Database(state))
        async with Watched(Registry(artifacts.with_name(name)), journal, every=3600).running():
            if name == "artifacts":
                await asyncio.to_thread(waiting.wait, DEADLINE)
        done = list(working)
        journal.close()
        assert done == (["wait", "waited"] if name == "artifacts" else [])

    asyncio.run(run())


def test_the_way_back_from_a_refused_version_is_taken_at_once(artifacts: Path) -> None:
    registry = Registry(artifacts)
    follower = Follower(registry, journal_of(registry.root), retry=3600)
    follower.step()
    first = served(follower)
    damaged_version(artifacts)
    follower.step()
    registry.rollback(AFTER_ALL)
    follower.step()
    assert served(follower) == first
    assert follower.holder.refusal is None


def test_a_refusal_is_logged_once(artifacts: Path, caplog: pytest.LogCaptureFixture) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts), retry=0)
    follower.step()
    damaged_version(artifacts)
    with caplog.at_level(logging.ERROR, "silah.follower"):
        for _ in range(5):
            follower.step()
    assert [record.message for record in caplog.records] == ["version refused"]


@pytest.mark.parametrize("name", ["20200101T000000000Z-abcdef", "../../etc", "..", "/", ".staged-1", "a\nb", "\x00"])
def test_a_name_that_is_no_version_keeps_the_old_one(artifacts: Path, name: str) -> None:
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    first = served(follower)
    point_at(artifacts, name)
    follower.step()
    assert served(follower) == first
    assert follower.holder.refusal is not None


def _garbage(pointer: Path) -> None:
    pointer.write_bytes(b"\xff\xfe\x00")


def _folder(pointer: Path) -> None:
    pointer.unlink()
    pointer.mkdir()


def _gone(pointer: Path) -> None:
    pointer.unlink()


@pytest.mark.parametrize("harm", [_garbage, _folder, _gone])
def test_a_lost_pointer_keeps_the_old_one_until_it_is_written_anew(
    artifacts: Path, harm: Callable[[Path], None]
) -> None:
    pointer = artifacts / "current"
    with serving(artifacts, **QUICK) as client:
        first = client.get("/health/ready").json()["model"]
        harm(pointer)
        ready = eventually(lambda: (answer := client.get("/health/ready").json()).get("refused") and answer)
        assert ready["model"] == first
        assert client.get(LIST).json()["model"]["version"] == first
        if pointer.is_dir():
            pointer.rmdir()
        point_at(artifacts, first)
        eventually(lambda: "refused" not in client.get("/health/ready").json())
        second = train_into(artifacts, topic_records()).version
        eventually(lambda: client.get("/health/ready").json()["model"] == second)


def test_a_pointer_that_cannot_be_read_is_told_when_there_is_nothing_else(artifacts: Path) -> None:
    _garbage(artifacts / "current")
    follower = Follower(Registry(artifacts), journal_of(artifacts))
    follower.step()
    with pytest.raises(ModelError, match="current cannot be read"):
        follower.holder.take()


def test_what_is_served_stays_when_its_folder_is_pruned(artifacts: Path) -> None:
    with serving(artifacts, follow_seconds=3600) as client:
        before = client.get(LIST).json()["items"]
        for _ in range(2):
            train_into(artifacts, topic_records())
        removed = Registry(artifacts).prune(1)
        answer = client.get(LIST).json()
        assert answer["model"]["version"] in removed
        assert answer["items"] == before


def test_concurrent_readers_never_see_a_mix(tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    registry = Registry(artifacts)
    paper_of = {}
    for paper in ("صحيفة الأمس", "صحيفة اليوم"):
        records = [{**record, "source": paper} for record in topic_records()]
        paper_of[train_into(artifacts, records).version] = paper
    mixed: list[object] = []
    seen: set[str] = set()
    stop = threading.Event()

    def read(client: Client, path: str) -> None:
        while not stop.is_set():
            response = client.get(path)
            answer = response.json()
            papers = {item["source"] for item in answer["items"]}
            if response.status_code != 200 or papers != {paper_of[answer["model"]["version"]]}:
                mixed.append(answer)
            seen.add(answer["model"]["version"])

    with serving(artifacts, follow_seconds=0.001) as client:
        paths = (LIST, "/v1/articles/water-5/also-like", "/v1/articles/health-2/related?limit=50&explain=true")
        readers = [threading.Thread(target=read, args=(client, path)) for path in paths]
        for reader in readers:
            reader.start()
        try:
            for turn, version in enumerate(list(paper_of) * 6):
                registry.activate(version, AFTER_ALL + timedelta(seconds=turn))
                eventually(lambda version=version: client.get("/health/ready").json()["model"] == version)
        finally:
            stop.set()
            for reader in readers:
                reader.join()
    assert mixed == []
    assert seen == set(paper_of)
