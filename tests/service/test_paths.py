"""service.paths: whatever an id holds, percent-encoded it arrives whole, and it stays one segment."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import MAX_ID_LENGTH
from tests.support.problems import assert_problem
from tests.support.serving import Client
from tests.support.worlds import ODD_IDS

# every id that a record may have, but for the two that clients resolve as folders before they ask
IDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=MAX_ID_LENGTH).filter(
    lambda article_id: article_id not in {".", ".."}
)


def asked_for(client: Client, path: str) -> str:
    """The id that a list is for: with a fallback an unknown article has a list too."""
    response = client.get(f"{path}/related?fallback=latest&limit=1")
    assert response.status_code == 200, response.text
    return str(response.json()["source_id"])


@given(article_id=IDS)
def test_any_encoded_id_arrives_as_it_is(client: Client, article_id: str) -> None:
    assert asked_for(client, f"/v1/articles/{quote(article_id, safe='')}") == article_id


@given(article_id=IDS)
def test_any_encoded_id_is_named_in_the_404(client: Client, article_id: str) -> None:
    # a prefix that no article of the world has
    unknown = f"?{article_id}"[:MAX_ID_LENGTH]
    problem = assert_problem(client.get(f"/v1/articles/{quote(unknown, safe='')}"), 404, "article-not-found")
    assert problem["detail"] == f"no article with id {unknown!r}"


@pytest.mark.parametrize("article_id", ["politics/2025/03/article", "double//slash", "أخبار/رياضة عاجل"])
def test_slashes_may_come_unencoded(client: Client, article_id: str) -> None:
    assert asked_for(client, f"/v1/articles/{quote(article_id, safe='/')}") == article_id


@pytest.mark.parametrize("encoded", ["a%2Fb%2fc", "a%2fb/c", "a/b%2Fc"])
def test_encoded_and_plain_slashes_may_be_mixed(client: Client, encoded: str) -> None:
    assert asked_for(client, f"/v1/articles/{encoded}") == "a/b/c"


def test_an_encoded_percent_sign_is_decoded_once(client: Client) -> None:
    assert asked_for(client, "/v1/articles/a%252Fb") == "a%2Fb"
    assert asked_for(client, "/v1/articles/a%25252Fb") == "a%252Fb"


def test_bytes_that_are_no_utf8_make_an_id_that_no_article_has(client: Client) -> None:
    assert_problem(client.get("/v1/articles/%ff%2F%fe"), 404, "article-not-found")


def test_an_encoded_slash_does_not_reach_another_route(client: Client) -> None:
    assert_problem(client.get("/v1%2Farticles/football-1"), 404, "not-found")
    assert_problem(client.get("/health%2Flive"), 404, "not-found")


@pytest.mark.parametrize("article_id", ODD_IDS)
def test_the_article_of_an_odd_id_is_found(odd: Client, article_id: str) -> None:
    response = odd.get(f"/v1/articles/{quote(article_id, safe='')}")
    assert response.status_code == 200
    assert response.json()["id"] == article_id


@pytest.mark.parametrize("name", ["related", "also-like"])
@pytest.mark.parametrize("article_id", ODD_IDS)
def test_the_lists_of_an_odd_id_are_its_own(odd: Client, article_id: str, name: str) -> None:
    response = odd.get(f"/v1/articles/{quote(article_id, safe='')}/{name}")
    assert response.status_code == 200
    answer = response.json()
    assert answer["source_id"] == article_id
    assert answer["list"] == name
    assert article_id not in [item["id"] for item in answer["items"]]
    assert {item["id"] for item in answer["items"]} <= set(ODD_IDS)


def test_an_id_that_ends_like_a_list_is_told_from_the_list_when_it_is_encoded(odd: Client) -> None:
    assert odd.get("/v1/articles/story%2Frelated").json()["id"] == "story/related"
    assert odd.get("/v1/articles/story/related").json()["source_id"] == "story"
    assert odd.get("/v1/articles/story%2Frelated/related").json()["source_id"] == "story/related"
    assert odd.get("/v1/articles/story/related/related").json()["source_id"] == "story/related"
    assert odd.get("/v1/articles/also-like/also-like").json()["source_id"] == "also-like"


def test_spellings_of_a_letter_are_different_ids(odd: Client) -> None:
    composed = odd.get("/v1/articles/caf%C3%A9").json()
    decomposed = odd.get("/v1/articles/cafe%CC%81").json()
    assert composed["title"] != decomposed["title"]
