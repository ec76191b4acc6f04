"""Metrics: the figures of /metrics, in Prometheus' text format."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service.ledger import Answered
from service.snapshot import Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name

_LATENCIES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Distribution(Histogram):
    """A histogram that takes many values at once: a lock for each bucket, not two for each value."""

    def observe_all(self, values: Sequence[float]) -> None:
        """As :meth:`observe` of each."""
        self._sum.inc(sum(values))
        for bucket, times in Counts(bisect_left(self._upper_bounds, value) for value in values).items():
            self._buckets[bucket].inc(times)


class Metrics:
    """The figures of one process, or of all workers where they share a folder."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Counter(
            "silah_http_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self.seconds = Distribution(
            "silah_http_request_seconds", "Time to answer.", ("route",), buckets=_LATENCIES, registry=registry
        )
        self.list_items = Distribution(
            "silah_list_items",
            "Articles in a list.",
            ("list",),
            buckets=(0, 1, 2, 3, 4, 5, 10, 20, 50),
            registry=registry,
        )
        self.fallbacks = Counter(
            "silah_fallbacks", "Lists made full by a fallback.", ("list", "fallback"), registry=registry
        )
        self.degraded = Counter(
            "silah_degraded", "Lists for which there was no time to look any farther.", ("list",), registry=registry
        )
        self.journal_behind = Gauge(
            "silah_journal_behind_entries",
            "Entries of the journal that are not in effect yet.",
            multiprocess_mode="max",
            registry=registry,
        )
        self.journal_lost = Gauge(
            "silah_journal_lost",
            "1 while the journal cannot be followed.",
            multiprocess_mode="max",
            registry=registry,
        )
        self.live_articles = Gauge(
            "silah_live_articles",
            "Articles that came or changed since the version in service was trained.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.live_unknown_terms = Gauge(
            "silah_live_unknown_terms_share",
            "Share of the terms of these articles that the version does not know: the higher, the sooner to train.",
            multiprocess_mode="mostrecent",
            registry=registry,
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

    def count(self, answered: Sequence[Answered]) -> None:
        """Take over what was answered."""
        seconds: defaultdict[str, list[float]] = defaultdict(list)
        items: defaultdict[str, list[float]] = defaultdict(list)
        for answer in answered:
            seconds[answer.route].append(answer.seconds)
            if answer.listed is not None:
                items[answer.listed.list].append(answer.listed.items)
        for labels, times in Counts((answer.route, answer.method, answer.status) for answer in answered).items():
            self.requests.labels(*labels).inc(times)
        for route, values in seconds.items():
            self.seconds.labels(route).observe_all(values)
        for name, values in items.items():
            self.list_items.labels(name).observe_all(values)
        lists = [answer.listed for answer in answered if answer.listed is not None]
        for names, times in Counts((one.list, one.fallback) for one in lists if one.fallback).items():
            self.fallbacks.labels(*names).inc(times)
        for name, times in Counts(one.list for one in lists if one.degraded).items():
            self.degraded.labels(name).inc(times)

    def observe(self, snapshot: Snapshot | None, refused: bool, behind: int, lost: bool) -> None:
        """Take over the state of the snapshot in service; ``behind`` and ``lost`` are of the journal."""
        self.model_refused.set(int(refused))
        self.journal_behind.set(behind)
        self.journal_lost.set(int(lost))
        if snapshot is not None:
            created = datetime.fromisoformat(snapshot.model.manifest.created_at)
            self.model_created.set(created.timestamp())
            index = snapshot.index
            self.model_articles.set(index.present)
            self.live_articles.set(index.came)
            self.live_unknown_terms.set(index.unknown_since / max(index.terms_since, 1))

    @property
    def shared(self) -> bool:
        """Whether they are those of several workers."""
        return MULTIPROCESS_DIR in os.environ

    def render(self) -> bytes:
        """All figures in Prometheus' text format."""
        if self.shared:
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # prometheus-client leaves it untyped
            return generate_latest(together)
        return generate_latest(self._registry)
