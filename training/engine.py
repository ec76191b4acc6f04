"""Engines: who does the tasks of a training: processes of this machine, or the workers of a cluster, through joblib."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from joblib import Parallel, parallel_config
from joblib.externals.loky import get_reusable_executor

from models.errors import TrainingRefused
from training.places import EXTRA

DASK = "dask"
HERE = ("loky", "threading", "sequential")
ANSWER = 20.0  # seconds for a scheduler to answer
WAIT = 30.0  # seconds for its first worker
ITSELF = 400 << 20  # bytes that a worker takes for its code and what it works on
KEPT = 0.6  # the share of its memory limit above which a Dask worker begins to write to disk


@dataclass(frozen=True, slots=True)
class Workers:
    """Those who wait for tasks.

    Attributes:
        jobs: how many at once; -1 is one a core. Dask asks all that it has.
        backend: what joblib calls them.
        options: what joblib needs to know of them.
        room: bytes that the one with the least memory has for what tasks share; None is no limit.
    """

    jobs: int
    backend: str = HERE[0]
    options: dict[str, Any] = field(default_factory=dict)
    room: int | None = None

    def asked(self) -> AbstractContextManager[Any]:
        """Whatever joblib runs inside is done by them."""
        asked: AbstractContextManager[Any] = parallel_config(self.backend, n_jobs=self.jobs, **self.options)
        return asked

    def dismiss(self) -> None:
        """End processes of this machine, who would keep what they know until the training ends."""
        if self.backend == HERE[0]:
            get_reusable_executor().shutdown()

    def hold(self, size: int) -> bool:
        """Whether they may be on other machines, and each has room for so many bytes."""
        return self.backend not in HERE and (self.room is None or size <= self.room)


@dataclass(frozen=True, slots=True)
class Engine:
    """A joblib backend by its name; ``scheduler`` is the address of Dask's.

    Raises:
        ValueError: there is no such backend, or something that it needs is missing.
    """

    backend: str = HERE[0]
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.backend == DASK:
            if find_spec("distributed") is None:
                raise ValueError(f"{DASK} {EXTRA}")
            if self.scheduler is None:
                raise ValueError(f"{DASK} needs the address of a scheduler: --scheduler tcp://HOST:8786")
            return
        try:
            Parallel(n_jobs=2, backend=self.backend, return_as="generator")
        except ValueError as error:
            known = ", ".join((*HERE, DASK))
            raise ValueError(
                f"no joblib backend {self.backend!r} that hands out results one by one: there are {known}"
            ) from error

    @contextmanager
    def started(self, jobs: int) -> Iterator[Workers]:
        """Its workers, as long as they are needed.

        Raises:
            TrainingRefused: the scheduler does not answer, or has no worker.
        """
        if self.backend != DASK:
            yield Workers(jobs, self.backend)
            return
        from distributed import Client  # noqa: PLC0415  # an extra package

        try:
            client = Client(self.scheduler, timeout=ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise TrainingRefused(f"no Dask scheduler answers at {self.scheduler}: {error}") from error
        with client:
            try:
                client.submit(sum, (), pure=False).result(timeout=WAIT)
            except TimeoutError as error:
                raise TrainingRefused(f"{self.scheduler} has no worker: start some with `dask worker`") from error
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
            limits = [worker["memory_limit"] for worker in workers if worker["memory_limit"]]
            room = int(KEPT * min(limits)) - ITSELF if limits else None
            yield Workers(jobs, DASK, {"client": client}, room)
