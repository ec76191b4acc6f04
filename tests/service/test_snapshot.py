"""service.snapshot: lists of now are made for a moment that moves only when something may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.article import to_microseconds
from models.registry import Registry
from service.snapshot import TICK, Snapshot
from tests.support.live import live_model
from tests.support.newsroom import AFTER_ALL, FIRST_DAY, topic_records, train_into

SECOND = 1_000_000
APPEARS = datetime(2025, 4, 1, 12, 0, 20, tzinfo=UTC)
EXPIRES = datetime(2025, 4, 1, 12, 0, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The visible world with a flash that appears and expires within one minute."""
    artifacts = tmp_path_factory.mktemp("flash") / "artifacts"
    flash = {
        "id": "flash",
        "title": "عاجل من ملعب الميناء",
        "published_at": APPEARS.isoformat(),
        "expires_at": EXPIRES.isoformat(),
    }
    train_into(artifacts, [*topic_records(), flash])
    return Snapshot(live_model(Registry(artifacts)))


def test_within_a_minute_the_moment_stands_still(snapshot: Snapshot) -> None:
    minute = to_microseconds(AFTER_ALL)
    assert {snapshot.moment(minute + second * SECOND) for second in range(60)} == {minute}
    assert snapshot.moment(minute + TICK - 1) == minute
    assert snapshot.moment(minute + TICK) == minute + TICK


def test_the_moment_moves_at_a_publication_and_at_an_expiry(snapshot: Snapshot) -> None:
    minute = to_microseconds(APPEARS - timedelta(seconds=20))
    appears, expires = to_microseconds(APPEARS), to_microseconds(EXPIRES)
    seen = [snapshot.moment(minute + second * SECOND) for second in range(60)]
    assert seen == [minute] * 20 + [appears] * 20 + [expires] * 20
    assert snapshot.moment(appears - 1) == minute
    assert snapshot.moment(expires - 1) == appears


def test_before_the_first_publication_the_moment_is_the_minute(snapshot: Snapshot) -> None:
    assert snapshot.moment(59 * SECOND) == 0
    assert snapshot.moment(61 * SECOND) == TICK


@given(now=st.integers(to_microseconds(FIRST_DAY - timedelta(days=1)), to_microseconds(APPEARS + timedelta(days=1))))
@example(now=to_microseconds(APPEARS) + 1)
@example(now=to_microseconds(EXPIRES) + 1)
def test_the_moment_is_never_ahead_never_old_and_shows_what_now_shows(snapshot: Snapshot, now: int) -> None:
    moment = snapshot.moment(now)
    rows = np.arange(len(snapshot.model.index), dtype=np.int32)
    assert now - TICK < moment <= now
    assert snapshot.moment(moment) == moment
    assert np.array_equal(snapshot.model.index.visible(rows, moment), snapshot.model.index.visible(rows, now))


@given(st.lists(st.integers(0, 3 * TICK), min_size=2, max_size=8))
def test_the_moment_never_goes_back(snapshot: Snapshot, offsets: list[int]) -> None:
    start = to_microseconds(APPEARS) - TICK
    moments = [snapshot.moment(start + offset) for offset in sorted(offsets)]
    assert moments == sorted(moments)


def test_the_version_is_the_one_that_was_trained(trained: Path) -> None:
    registry = Registry(trained)
    assert Snapshot(live_model(registry)).version == registry.current()
