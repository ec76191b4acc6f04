"""Engines: one switch for who does the tasks; what is missing is said before anything starts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from benchmarks.cluster import cluster
from models.errors import TrainingRefused
from tests.support.elsewhere import elsewhere
from training import engine
from training.engine import Engine, Workers


def thread_of(_: int) -> int:
    return threading.get_ident()


def test_tasks_go_to_those_who_are_asked() -> None:
    with Engine("threading").started(2) as workers, workers.asked():
        threads = Parallel()(delayed(thread_of)(number) for number in range(20))
    assert threading.get_ident() not in threads
    with Engine("sequential").started(1) as workers, workers.asked():
        assert set(Parallel()(delayed(thread_of)(number) for number in range(3))) == {threading.get_ident()}


@pytest.mark.parametrize("name", ["loky", "threading", "sequential"])
def test_who_works_here_needs_no_files_to_share_arrays(name: str) -> None:
    with Engine(name).started(2) as workers:
        assert not workers.hold(1)


def test_others_hold_what_they_have_room_for() -> None:
    assert Workers(2, "elsewhere").hold(2**60)
    assert Workers(2, "elsewhere", room=100).hold(100)
    assert not Workers(2, "elsewhere", room=100).hold(101)


def test_any_registered_backend_is_an_engine() -> None:
    with elsewhere() as name, Engine(name).started(2) as workers:
        assert workers.hold(1)
        with workers.asked():
            assert Parallel()(delayed(abs)(number) for number in (-1, 2)) == [1, 2]


@pytest.mark.parametrize("name", ["nonsense", "multiprocessing"])
def test_backends_that_are_not_there_or_cannot_stream_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}'.* there are loky, threading, sequential, dask"):
        Engine(name)


def test_dask_without_a_scheduler_says_how_to_name_one() -> None:
    with pytest.raises(ValueError, match="--scheduler tcp://"):
        Engine("dask")


def test_dask_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install 'silah\[dask\]'"):
        Engine("dask", "tcp://127.0.0.1:8786")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://127.0.0.1:9"])
def test_scheduler_that_does_not_answer_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ANSWER", 0.5)
    with pytest.raises(TrainingRefused, match=address), Engine("dask", address).started(1):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


def test_scheduler_without_workers_is_told_from_one_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(folder, []) as empty:
        monkeypatch.setattr(engine, "WAIT", 0.5)
        with pytest.raises(TrainingRefused, match="has no worker"), Engine("dask", empty.address).started(1):
            pass


@pytest.mark.parametrize(("limits", "room"), [(["2GB", "0", "3GB"], 780_569_600), (["0"], None)])
def test_room_is_that_of_the_worker_with_the_least_memory(folder: Path, limits: list[str], room: int | None) -> None:
    with cluster(folder, limits) as some, Engine("dask", some.address).started(1) as workers:
        assert workers.room == room
        with workers.asked():
            assert list(Parallel(return_as="generator")(delayed(abs)(n) for n in (-1, 2))) == [1, 2]
