"""Telemetry: a request id for every answer, one line of JSON log, and the figures of /metrics."""

from __future__ import annotations

import json
import logging
import os
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.snapshot import Snapshot

REQUEST_ID = "X-Request-ID"
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
        request_id = _request_id(scope)
        scope["request_id"] = request_id
        status = 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            seconds = self._clock() - start
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.requests.labels(route, scope["method"], status).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            access.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "milliseconds": round(seconds * 1000, 3),
                },
            )


def _request_id(scope: Scope) -> str:
    """The id the caller gave, where it is a harmless one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            return given if _SOUND_ID.fullmatch(given) else uuid.uuid4().hex
    return uuid.uuid4().hex


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and what was passed as ``extra``."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
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
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to_stderr(level: str = "INFO") -> None:
    """Send the logs of this process to stderr as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
