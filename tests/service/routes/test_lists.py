"""service.routes.lists: the lists of the whole site, as the contract has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.article import parse_time, to_microseconds
from models.interaction import Act, Interaction
from models.popularity import Popularity
from tests.support.newsroom import AFTER_ALL, COPY, SECTIONS, topic_records
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving

NOW = to_microseconds(AFTER_ALL)
HOUR = 3_600_000_000
NAMES = ("latest", "most-read", "trending")
ANSWER = {"request_id", "list", "source_id", "as_of", "model", "items", "fallback", "degraded"}
RECORDS = {record["id"]: record for record in topic_records()}

# «football-1» had three readers yesterday, its copy one; «water-2» has two now, «health-3» one, and of a bot
READERS = {"football-1": (1, 2, 3), COPY: (4,), "water-2": (1, 2), "health-3": (5,), "gone": (1, 2, 3, 4, 5)}


def readings(article_id: str) -> list[Interaction]:
    at = NOW - (20 * HOUR if article_id.startswith("football") else 60_000_000)
    return [Interaction(Act.READ, article_id, at, reader) for reader in READERS[article_id]]


@pytest.fixture(scope="module")
def read(trained: Path) -> Iterator[Client]:
    """The visible world and its readers."""
    with serving(trained, now=lambda: NOW) as client:
        holder = client.app.state.context.follower.holder
        model = holder.current.model
        popularity = Popularity().with_interactions(one for article_id in READERS for one in readings(article_id))
        recommender = replace(model.recommender, popularity=popularity)
        model = replace(model, recommender=recommender)
        holder.current = replace(holder.current, model=model, answers=holder.current.answers.anew())
        yield client


def ask(client: Client, name: str, **asked: Any) -> dict[str, Any]:
    response = client.get(f"/v1/lists/{name}", params=asked)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    assert answer.keys() == ANSWER
    assert (answer["list"], answer["source_id"], answer["degraded"]) == (name, None, False)
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def test_the_most_read_of_a_day_one_of_each_story(read: Client):
    answer = ask(read, "most-read")
    assert [(item["id"], item["score"]) for item in answer["items"]] == [
        ("football-1", 0.6),  # of five readers of an article that the site does not have
        ("water-2", 0.4),
        ("health-3", 0.2),
    ]
    assert {item["reason"] for item in answer["items"]} == {"popular"}
    assert answer["fallback"] is None


def test_what_is_read_now_trends_before_what_was_read_yesterday(read: Client):
    assert ids(ask(read, "trending")) == ["water-2", "health-3", "football-1"]


def test_the_latest_are_the_newest_one_of_each_story(read: Client):
    answer = ask(read, "latest")
    assert len(answer["items"]) == 10
    times = [item["published_at"] for item in answer["items"]]
    assert times == sorted(times, reverse=True)
    assert times[0] == max(record["published_at"] for record in RECORDS.values())
    assert {item["reason"] for item in answer["items"]} == {"fallback:latest"}
    assert answer["fallback"] is None


@pytest.mark.parametrize("name", NAMES)
def test_a_list_of_a_section(read: Client, name: str):
    found = ids(ask(read, name, section=SECTIONS["water"], limit=3))
    assert found
    assert all(RECORDS[one]["section"] == SECTIONS["water"] for one in found)
    others = ids(ask(read, name, exclude_section=SECTIONS["water"]))
    assert others
    assert not any(RECORDS[one]["section"] == SECTIONS["water"] for one in others)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_excluded_makes_room_for_the_next(read: Client, name: str):
    first, *rest = ids(ask(read, name, limit=3))
    assert ids(ask(read, name, limit=2, exclude=first)) == rest


@pytest.mark.parametrize("name", NAMES)
def test_times_bound_a_list(read: Client, name: str):
    since, until = "2025-03-03", "2025-03-20T12:00:00Z"
    for item in ask(read, name, since=since, until=until, limit=50)["items"]:
        assert parse_time(since) <= parse_time(item["published_at"]) <= parse_time(until)
    assert ids(ask(read, name, max_age="1s")) == []


def test_a_list_as_of_yesterday_knows_no_readers_of_today(read: Client):
    yesterday = "2025-03-31T12:00:00Z"
    assert ids(ask(read, "most-read", as_of=yesterday)) == ["football-1"]
    assert ids(ask(read, "trending", as_of="2025-03-31T03:00:00Z")) == []


@pytest.mark.parametrize("name", ["most-read", "trending"])
def test_a_short_list_is_made_full_when_that_is_asked_for(read: Client, name: str):
    plain, full = ask(read, name, limit=5), ask(read, name, limit=5, fallback="latest")
    assert full["items"][:3] == plain["items"]
    assert [item["reason"] for item in full["items"][3:]] == ["fallback:latest"] * 2
    assert full["fallback"] == "latest"
    stories = [item["story_id"] for item in full["items"]]
    assert len(set(stories)) == 5


def test_a_fallback_of_the_section_asked_for(read: Client):
    answer = ask(read, "most-read", section=SECTIONS["water"], fallback="section", limit=3)
    assert answer["fallback"] == "section"
    assert {item["section"] for item in answer["items"]} == {SECTIONS["water"]}


def test_without_readers_there_is_nothing_to_tell_of_them(client: Client):
    assert ids(ask(client, "most-read")) == ids(ask(client, "trending")) == []
    assert ids(ask(client, "most-read", fallback="latest")) == ids(ask(client, "latest"))


@pytest.mark.parametrize("name", NAMES)
def test_equal_questions_get_equal_bytes_and_304(read: Client, name: str):
    one = read.get(f"/v1/lists/{name}")
    other = read.get(f"/v1/lists/{name}", headers={"If-None-Match": one.headers["etag"]})
    assert one.content == read.get(f"/v1/lists/{name}").content
    assert one.headers["cache-control"].startswith("public, max-age=")
    assert other.status_code == 304


def test_fields_choose_the_members_of_items(read: Client):
    assert ask(read, "trending", fields="id,score")["items"][0] == {"id": "water-2", "score": 0.4}


@pytest.mark.parametrize(("path", "where"), [("newest", "name"), ("latest?limit=51", "limit")])
def test_what_there_is_not_is_refused(read: Client, path: str, where: str):
    problem = assert_problem(read.get(f"/v1/lists/{path}"), 422, "invalid-input")
    assert problem["errors"][0]["loc"][-1] == where
