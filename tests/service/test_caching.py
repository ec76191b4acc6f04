"""service.caching: a weak ETag on every list, 304 for those who have it, and how long a cache may keep it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.article import to_microseconds
from tests.support.newsroom import AFTER_ALL, topic_records, train_into
from tests.support.problems import assert_problem
from tests.support.serving import Client, eventually, serving

LIST = "/v1/articles/football-2/related"


def test_a_list_has_a_weak_etag_and_says_how_long_it_keeps(client: Client) -> None:
    headers = client.get(LIST).headers
    assert headers["etag"].startswith('W/"')
    assert headers["etag"].endswith('"')
    assert headers["cache-control"] == "public, max-age=10, stale-while-revalidate=60, stale-if-error=86400"


def test_the_settings_say_how_long_a_list_keeps(trained: Path) -> None:
    with serving(trained, max_age=0, stale_while_revalidate=1, stale_if_error=2) as client:
        control = client.get(LIST).headers["cache-control"]
    assert control == "public, max-age=0, stale-while-revalidate=1, stale-if-error=2"


@pytest.mark.parametrize(
    "asked", ["{tag}", "{strong}", '"other", {tag}', 'W/"other",{tag} , W/"third"', "*", " {tag} "]
)
def test_who_has_it_is_answered_304_without_a_body(client: Client, asked: str) -> None:
    full = client.get(LIST)
    tag = full.headers["etag"]
    again = client.get(LIST, headers={"If-None-Match": asked.format(tag=tag, strong=tag.removeprefix("W/"))})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    assert again.headers["cache-control"] == full.headers["cache-control"]
    assert again.headers["x-request-id"]


@pytest.mark.parametrize("asked", ['"other"', "", "W/", '""', "**", "nonsense, more nonsense", '"{opaque}x"'])
def test_who_has_another_one_is_answered_in_full(client: Client, asked: str) -> None:
    full = client.get(LIST)
    opaque = full.headers["etag"].removeprefix('W/"').removesuffix('"')
    again = client.get(LIST, headers={"If-None-Match": asked.format(opaque=opaque)})
    assert again.status_code == 200
    assert again.content == full.content


def test_another_question_has_another_etag(client: Client) -> None:
    questions = ("related", "also-like", "related?limit=2", "related?explain=true", "related?exclude=football-1")
    tags = {client.get(f"/v1/articles/football-2/{question}").headers["etag"] for question in questions}
    assert len(tags) == len(questions)


def test_another_version_has_another_etag(artifacts: Path) -> None:
    with serving(artifacts, now=lambda: to_microseconds(AFTER_ALL), follow_seconds=0.02) as client:
        tag = client.get(LIST).headers["etag"]
        train_into(artifacts, topic_records())
        changed = eventually(
            lambda: (answer := client.get(LIST, headers={"If-None-Match": tag})).status_code == 200 and answer
        )
        assert changed.headers["etag"] != tag


def test_an_error_is_not_kept_by_a_cache(client: Client) -> None:
    response = client.get("/v1/articles/nobody/related", headers={"If-None-Match": "*"})
    assert_problem(response, 404, "article-not-found")
    assert "etag" not in response.headers


def test_figures_are_not_kept_by_a_cache(client: Client) -> None:
    assert client.get("/metrics").headers["cache-control"] == "no-store"
