"""service.origins: pages of the sites that are named may ask, those of others may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import ServiceSettings
from tests.support.serving import Client, serving

SITE, OTHER = "https://news.example", "https://other.example"
LIST = "/v1/articles/football-1/related"


@pytest.fixture
def sited(trained: Path) -> Iterator[Client]:
    with serving(trained, cors_origins=[SITE]) as client:
        yield client


def test_a_page_of_the_site_may_read_and_one_of_another_may_not(sited: Client) -> None:
    answer = sited.get(LIST, headers={"Origin": SITE})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-origin" not in sited.get(LIST, headers={"Origin": OTHER}).headers


def test_an_answer_varies_with_the_origin_whoever_asks(sited: Client) -> None:
    for headers in ({}, {"Origin": SITE}, {"Origin": OTHER}):
        assert sited.get(LIST, headers=headers).headers["vary"] == "Origin"


def test_a_browser_may_ask_before_it_writes_and_needs_no_key_for_that(sited: Client) -> None:
    asked = {"Origin": SITE, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "Authorization"}
    answer = sited.request("OPTIONS", "/v1/articles/a", headers=asked)
    assert answer.status_code == 200
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert sited.request("OPTIONS", "/v1/articles/a", headers={**asked, "Origin": OTHER}).status_code == 400


def test_a_refusal_can_be_read_by_a_page_of_the_site(sited: Client) -> None:
    answer = sited.get("/v1/models", headers={"Origin": SITE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, SITE)


def test_unless_sites_are_named_none_may_ask(client: Client) -> None:
    assert not [name for name in client.get(LIST, headers={"Origin": SITE}).headers if name.startswith("access-")]


@pytest.mark.parametrize("origin", ["news.example", "https://news.example/", "https://news.example/path", "null", ""])
def test_what_no_browser_would_send_is_no_origin(origin: str) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(cors_origins=[origin])


def test_all_sites_may_be_allowed(trained: Path) -> None:
    with serving(trained, cors_origins=["*"]) as client:
        assert client.get(LIST, headers={"Origin": OTHER}).headers["access-control-allow-origin"] == "*"
