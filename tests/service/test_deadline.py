"""A deadline: what takes longer is left out, and the answer says so and is kept by nobody."""

from __future__ import annotations

from pathlib import Path

from models.article import to_microseconds
from models.artifact import ModelConfig
from service.deadline import Deadline
from tests.service.routes.test_archive import NEWS
from tests.support.newsroom import AFTER_ALL, topic_records, train_into
from tests.support.serving import eventually, serving

NOW = to_microseconds(AFTER_ALL)


def test_time_runs_from_the_beginning_and_what_was_missed_is_remembered() -> None:
    now = [10.0]
    deadline = Deadline(2.0, lambda: now[0])
    assert (deadline.is_over(), deadline.missed, deadline.left) == (False, False, 2.0)
    now[0] = 12.5
    assert not deadline.missed
    assert (deadline.is_over(), deadline.missed, deadline.left) == (True, True, 0.0)


def test_a_draft_that_takes_too_long_is_answered_without_a_list(trained: Path) -> None:
    with serving(trained, now=lambda: NOW, deadline_seconds=1e-9) as client:
        response = client.request("POST", "/v1/related", json=NEWS)
        assert response.status_code == 200
        answer = response.json()
        assert (answer["degraded"], answer["items"], answer["duplicates"]) == (True, [], [])


def test_a_list_that_could_not_be_looked_for_any_farther_says_so_and_is_not_kept(tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    train_into(artifacts, topic_records(), config=ModelConfig(neighbours=2))
    url, asked = "/v1/articles/football-1/related", {"limit": "20"}
    with serving(artifacts, now=lambda: NOW) as client:
        follower = client.app.state.context.follower
        archive = follower.holder.take().index.trained.archive
        eventually(lambda: archive.ready)
        whole = client.get(url, asked)
        assert len(whole.json()["items"]) > 2  # more than the neighbours that are kept
        assert not whole.json()["degraded"]
        follower.ready_at_once = 0
        fresh, _ = follower._fresh(follower.holder.current.version)
        follower.holder.current = follower._read(fresh)
        short = client.get(url, asked)
        assert short.json()["degraded"]
        assert short.headers["cache-control"] == "no-store"
        assert len(short.json()["items"]) <= 2
        ready = eventually(lambda: (answer := client.get(url, asked)).json()["degraded"] is False and answer)
        assert ready.json()["items"] == whole.json()["items"]
        assert 'silah_degraded_total{list="related"}' in client.get("/metrics").text
