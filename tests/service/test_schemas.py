"""service.schemas: what a list may be asked, read as a person means it, refused where it means nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.article import format_time, from_microseconds, to_microseconds
from models.candidates import MAX_LIMIT
from service.schemas import ListParameters
from tests.support.problems import assert_problem
from tests.support.serving import Client

NOON = datetime(2025, 3, 5, 12, 0, tzinfo=UTC)
NOW = to_microseconds(datetime(2025, 4, 1, tzinfo=UTC))
MOMENTS = st.integers(to_microseconds(datetime(1, 1, 2, tzinfo=UTC)), NOW).map(from_microseconds)
LIST = "/v1/articles/football-2/related"


def read(**given: Any) -> ListParameters:
    return ListParameters.model_validate(given)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-05T12:00:00Z",
        "2025-03-05t12:00:00z",
        "2025-03-05T12:00Z",
        "2025-03-05T12:00:00",
        "2025-03-05 12:00:00",
        "2025-03-05 12:00",
        "2025-03-05 12:00:00Z",
        "2025-03-05T12:00:00.000000Z",
        "2025-03-05T15:00:00+03:00",
        "2025-03-05T15:00:00+0300",
        "2025-03-05T15:00+03",
        "2025-03-05T15:00:00 03:00",
        "2025-03-05T15:00:00.000 03:00",
        "2025-03-05T15:00:00,0 0300",
        "2025-03-05 15:00:00 03:00",
        "2025-03-05 15:00 03",
        "2025-03-05T07:00:00-05:00",
    ],
)
def test_one_moment_may_be_written_in_many_ways(text: str) -> None:
    assert read(as_of=text).as_of == NOON


def test_a_bare_date_is_its_first_moment_in_utc() -> None:
    assert read(since="2025-03-05").since == datetime(2025, 3, 5, tzinfo=UTC)


def test_an_unencoded_plus_in_a_query_is_an_offset(client: Client) -> None:
    # in a query string + is a space
    plain = client.get(f"{LIST}?as_of=2025-03-05T15:00:00+03:00")
    encoded = client.get(f"{LIST}?as_of=2025-03-05T15:00:00%2B03:00")
    assert plain.json()["as_of"] == "2025-03-05T12:00:00Z"
    assert plain.content == encoded.content


@pytest.mark.parametrize("name", ["as_of", "since", "until"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "yesterday",
        "1741176000",
        "05/03/2025",
        "2025-13-01",
        "2025-02-30",
        "2025-03-05T25:00:00Z",
        "٢٠٢٥-٠٣-٠٥",
        "2025-03-05T12:00:00+99:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01",
        "2025-03-05T12:00:00 Z extra",
        "2025-03-05T12:00:00  03:00",
        "\x00",
        "NaN",
    ],
)
def test_what_is_no_time_is_refused(client: Client, name: str, text: str) -> None:
    problem = assert_problem(client.get(LIST, params={name: text}), 422, "invalid-input")
    assert [error["loc"] for error in problem["errors"]] == [["query", name]]


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("0d", timedelta(0)),
        ("999999w", timedelta(weeks=999_999)),
    ],
)
def test_an_age_is_a_number_and_a_unit(text: str, age: timedelta) -> None:
    assert read(max_age=text).max_age == age


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "-7d", "7.5d", "7y", "1e3d", "P7D", "1000000d", "nand", "7dd"])
def test_what_is_no_age_is_refused(client: Client, text: str) -> None:
    problem = assert_problem(client.get(LIST, params={"max_age": text}), 422, "invalid-input")
    assert problem["errors"][0]["loc"] == ["query", "max_age"]
    assert "7d" in problem["detail"]


@pytest.mark.parametrize("limit", [1, 2, 49, MAX_LIMIT])
def test_limits_within_their_bounds_are_taken(client: Client, limit: int) -> None:
    response = client.get(LIST, params={"limit": limit})
    assert response.status_code == 200
    assert len(response.json()["items"]) <= limit


@pytest.mark.parametrize("limit", ["0", "-1", "51", "1.5", "five", "", "NaN", "1e2", "99999999999999999999", "0x5"])
def test_limits_out_of_bounds_are_refused(client: Client, limit: str) -> None:
    assert_problem(client.get(LIST, params={"limit": limit}), 422, "invalid-input")


@pytest.mark.parametrize("name", ["min_score", "diversity"])
@pytest.mark.parametrize("share", ["0", "0.5", "1", "1e-3", "-0.0"])
def test_shares_go_from_0_to_1(client: Client, name: str, share: str) -> None:
    assert client.get(LIST, params={name: share}).status_code == 200


@pytest.mark.parametrize("name", ["min_score", "diversity"])
@pytest.mark.parametrize("share", ["-0.1", "1.0001", "NaN", "nan", "inf", "-Infinity", "1e999", "", "half"])
def test_shares_beyond_are_refused(client: Client, name: str, share: str) -> None:
    problem = assert_problem(client.get(LIST, params={name: share}), 422, "invalid-input")
    assert problem["errors"][0]["loc"] == ["query", name]


def test_at_most_200_ids_may_be_excluded(client: Client) -> None:
    assert client.get(LIST, params={"exclude": [str(number) for number in range(200)]}).status_code == 200
    too_many = client.get(LIST, params={"exclude": [str(number) for number in range(201)]})
    assert_problem(too_many, 422, "invalid-input")


@pytest.mark.parametrize("fallback", ["", "oldest", "LATEST", "latest,section"])
def test_only_known_fallbacks_are_taken(client: Client, fallback: str) -> None:
    assert_problem(client.get(LIST, params={"fallback": fallback}), 422, "invalid-input")


def test_what_is_not_asked_has_defaults() -> None:
    query = read().query(NOW, default_limit=5)
    assert (query.as_of, query.limit, query.since, query.until) == (NOW, 5, None, None)
    assert (query.section, query.exclude_section, query.exclude) == (None, None, frozenset())
    assert (query.min_score, query.diversity) == (0.0, None)


def test_the_limit_asked_for_goes_before_that_of_the_list() -> None:
    assert read(limit=3).query(NOW, default_limit=5).limit == 3


def test_a_moment_to_come_counts_as_now() -> None:
    assert read(as_of="2999-01-01").query(NOW, 5).as_of == NOW
    assert read(as_of="2025-03-05T12:00:00Z").query(NOW, 5).as_of == to_microseconds(NOON)


def test_an_age_counts_back_from_the_moment_of_the_list() -> None:
    assert read(max_age="1d").query(NOW, 5).since == NOW - 86_400_000_000
    then = read(max_age="1d", as_of="2025-03-05T12:00:00Z").query(NOW, 5)
    assert then.since == to_microseconds(NOON - timedelta(days=1))


@given(as_of=MOMENTS, since=MOMENTS, count=st.integers(0, 999_999), unit=st.sampled_from("smhdw"))
def test_of_an_age_and_a_since_the_later_counts(as_of: datetime, since: datetime, count: int, unit: str) -> None:
    asked = {"as_of": format_time(as_of), "max_age": f"{count}{unit}"}
    by_age = read(**asked).query(NOW, 5).since
    both = read(**asked, since=format_time(since)).query(NOW, 5).since
    assert by_age is not None
    assert both == max(by_age, to_microseconds(since))


def test_the_longest_age_at_the_earliest_moment_is_answered(client: Client) -> None:
    response = client.get(LIST, params={"as_of": "0001-01-01", "max_age": "999999w"})
    assert response.status_code == 200
    assert response.json()["items"] == []


def test_unknown_parameters_are_passed_over(client: Client) -> None:
    assert client.get(LIST, params={"utm_source": "front", "_": "1"}).content == client.get(LIST).content


def test_limits_are_checked_wherever_parameters_are_made() -> None:
    with pytest.raises(ValidationError):
        read(limit=MAX_LIMIT + 1)
