"""Telemetry: a request id for every answer, one line of JSON log, and the figures of /metrics."""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.caching import Listed
from service.snapshot import Snapshot

REQUEST_ID = b"x-request-id"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name

_SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LATENCIES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

access = logging.getLogger("silah.access")


class Metrics:
    """The figures of one process, or of all workers where they share a folder."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Counter(
            "silah_http_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self.seconds = Histogram(
            "silah_http_request_seconds", "Time to answer.", ("route",), buckets=_LATENCIES, registry=registry
        )
        self.list_items = Histogram(
            "silah_list_items",
            "Articles in a list.",
            ("list",),
            buckets=(0, 1, 2, 3, 4, 5, 10, 20, 50),
            registry=registry,
        )
        self.fallbacks = Counter(
            "silah_fallbacks", "Lists made full by a fallback.", ("list", "fallback"), registry=registry
        )
        self.model_created = Gauge(
            "silah_model_created_timestamp_seconds",
            "When the version in service was trained.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.model_articles = Gauge(
            "silah_model_articles",
            "Articles of the version in service.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.model_refused = Gauge(
            "silah_model_refused",
            "1 while the version that should be in service cannot be loaded.",
            multiprocess_mode="max",
            registry=registry,
        )

        self._of_route: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._of_list: dict[str, Histogram] = {}

    def count(self, route: str, method: str, status: int, seconds: float, listed: Listed | None) -> None:
        """Take over an answer; ``listed`` is what to say of one that is a list."""
        label = (route, method, status)
        found = self._of_route.get(label)
        if found is None:  # labels() takes longer than the counting itself
            found = self._of_route[label] = self.requests.labels(*label), self.seconds.labels(route)
        found[0].inc()
        found[1].observe(seconds)
        if listed is not None:
            if listed.list not in self._of_list:
                self._of_list[listed.list] = self.list_items.labels(listed.list)
            self._of_list[listed.list].observe(listed.items)
            if listed.fallback is not None:
                self.fallbacks.labels(listed.list, listed.fallback).inc()

    def observe(self, snapshot: Snapshot | None, refused: bool) -> None:
        """Take over the state of the snapshot in service."""
        self.model_refused.set(int(refused))
        if snapshot is not None:
            created = datetime.fromisoformat(snapshot.model.manifest.created_at)
            self.model_created.set(created.timestamp())
            self.model_articles.set(len(snapshot.model.index))

    def render(self) -> bytes:
        """All figures in Prometheus' text format."""
        if MULTIPROCESS_DIR in os.environ:
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped
            return generate_latest(together)
        return generate_latest(self._registry)


class Telemetry:
    """Outermost middleware: names the request, times it, counts it, logs it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = self._clock()
        request_id, method = _request_id(scope), scope["method"]
        scope["request_id"] = request_id
        status = 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (REQUEST_ID, request_id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            seconds = self._clock() - start
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.count(route, method, status, seconds, scope.get("listed"))
            if access.isEnabledFor(logging.INFO):
                access.handle(AccessRecord(request_id, method, scope["path"], status, seconds))


class AccessRecord(logging.LogRecord):
    """A record of one answer: made and written without what makes ``access.info`` take longer than many an answer."""

    _PLAIN = vars(logging.LogRecord(access.name, logging.INFO, "", 0, "request", (), None))

    def __init__(self, request_id: str, method: str, path: str, status: int, seconds: float) -> None:
        self.__dict__.update(self._PLAIN)
        self.created = time.time()
        self.request_id = request_id
        self.method = method
        self.path = path
        self.status = status
        self.milliseconds = round(seconds * 1000, 3)

    def line(self) -> str:
        """The record as a line of JSON; a request id holds nothing to escape."""
        second, fraction = divmod(self.created, 1)
        return (
            f'{{"at": "{_second(int(second))}.{int(fraction * 1000):03d}Z", "level": "info", "logger": "{self.name}", '
            f'"message": "request", "request_id": "{self.request_id}", "method": {_to_json(self.method)}, '
            f'"path": {_to_json(self.path)}, "status": {self.status}, "milliseconds": {self.milliseconds}}}'
        )


@lru_cache(maxsize=2)
def _second(moment: int) -> str:
    """A time in whole seconds since 1970 as it begins in RFC 3339."""
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat()


def _request_id(scope: Scope) -> str:
    """The id the caller gave, where it is a harmless one, else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            given = value.decode("latin-1")
            return given if _SOUND_ID.fullmatch(given) else _new_id()
    return _new_id()


_PROCESS = secrets.token_hex(8)
_numbers = itertools.count()


def _new_id() -> str:
    """32 hexadecimal digits: 16 drawn for this process, 16 that count."""
    return f"{_PROCESS}{next(_numbers):016x}"


_to_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and what was passed as ``extra``."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record, AccessRecord):
            return record.line()
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in self._STANDARD})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _to_json(line)


class Batches(logging.StreamHandler):  # type: ignore[type-arg]  # no generic at run time in Python 3.11
    """Writes lines that only inform together, at most ``every`` seconds late; a warning or worse at once.

    To write one line takes longer than to send an answer that is kept.
    """

    def __init__(self, stream: TextIO, every: float = 0.1) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._every = every
        self._waiting = threading.Event()
        threading.Thread(target=self._flush_again_and_again, name="silah-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record) + self.terminator)
        if record.levelno > logging.INFO:
            self.flush()
        elif len(self._lines) == 1:
            self._waiting.set()

    def flush(self) -> None:
        """Write what waits; called once more when the process ends."""
        self.acquire()
        try:
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("".join(lines))
                self.stream.flush()
        finally:
            self.release()

    def _flush_again_and_again(self) -> None:
        while True:
            self._waiting.wait()
            self._waiting.clear()
            time.sleep(self._every)
            self.flush()


def log_to_stderr(level: str = "INFO") -> None:
    """Send the logs of this process to stderr as JSON lines."""
    handler = Batches(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
