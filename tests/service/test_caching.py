"""service.caching: a weak ETag on every list, 304 for those who have it, and how long a cache may keep it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import to_microseconds
from service.caching import OVERHEAD, Answer, Answers, Period
from service.snapshot import TICK
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


class Clock:
    """The present, set by hand."""

    def __init__(self) -> None:
        self.now = to_microseconds(AFTER_ALL)

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(trained: Path, clock: Clock) -> Iterator[Client]:
    """The visible world, served at the moment of the clock."""
    with serving(trained, clock) as client:
        yield client


@pytest.fixture(scope="module")
def never_kept(trained: Path) -> Iterator[Client]:
    """The same application that keeps no answer."""
    with serving(trained, now=lambda: to_microseconds(AFTER_ALL), cache_bytes=0) as client:
        yield client


def kept(client: Client) -> int:
    """How many answers are kept of the snapshot in service."""
    return sum(len(answers) for answers in client.app.state.context.follower.holder.answers())


ASKED: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers(0, 51),
        "section": st.sampled_from(["رياضة", "صحة", "لا قسم"]),
        "max_age": st.sampled_from(["7d", "20d"]),
        "as_of": st.sampled_from(["2025-03-10", "2025-04-01T00:00:00Z", "2999-01-01"]),
        "exclude": st.lists(st.sampled_from(["football-1", "water-2", "لا أحد"]), max_size=2),
        "min_score": st.sampled_from([0, 0.1, 1]),
        "diversity": st.sampled_from([0, 0.7]),
        "fallback": st.sampled_from(["latest", "section"]),
        "explain": st.booleans(),
        "fields": st.sampled_from(["id,title", "rank", "matched_terms"]),
        "utm": st.just("x"),
    },
)


@given(
    st.sampled_from(["football-2", "water-5", "health-6", "nobody"]),
    st.sampled_from(["", "/related", "/also-like"]),
    ASKED,
    st.booleans(),
)
def test_an_answer_that_was_kept_is_the_one_that_would_be_made(
    client: Client, never_kept: Client, article_id: str, box: str, asked: dict[str, Any], conditional: bool
) -> None:
    path = f"/v1/articles/{article_id}{box}"
    made = never_kept.get(path, params=asked)
    headers = {"If-None-Match": made.headers.get("etag", "")} if conditional else {}
    made = never_kept.get(path, params=asked, headers=headers)
    client.get(path, params=asked)
    again = client.get(path, params=asked, headers=headers)
    own = {"x-request-id"}
    assert again.status_code == made.status_code
    assert {item for item in again.headers.items() if item[0] not in own} == {
        item for item in made.headers.items() if item[0] not in own
    }
    if made.status_code < 400:  # a problem holds the id of its request
        assert again.content == made.content
        assert kept(never_kept) == 0


def test_an_answer_is_kept_by_path_and_query_as_they_were_sent(timed: Client) -> None:
    for path in (LIST, LIST, f"{LIST}?limit=2", f"{LIST}?limit=2", "/v1/articles/football%2D2/related"):
        timed.get(path)
    assert kept(timed) == 3
    timed.request("HEAD", LIST)
    assert kept(timed) == 3


def test_errors_and_what_is_no_list_and_no_article_are_not_kept(timed: Client) -> None:
    for path in ("/v1/articles/nobody/related", f"{LIST}?limit=0", "/nowhere", "/health/ready", "/metrics", "/demo"):
        timed.get(path)
    timed.request("POST", LIST)
    assert kept(timed) == 0


def test_a_list_of_now_is_kept_until_the_next_turn(timed: Client, clock: Clock) -> None:
    start = clock.now
    first = timed.get(LIST)
    for now, same in ((start + TICK - 1, True), (start + TICK, False), (start, True), (start - 1, False)):
        clock.now = now
        assert (timed.get(LIST).content == first.content) is same


def test_at_a_publication_a_list_changes_at_once(tmp_path: Path, clock: Clock) -> None:
    appears = clock.now + TICK // 3
    flash = {
        **topic_records()[0],
        "id": "flash",
        "title": "عاجل: النوارس في النهائي",
        "body": "عاد فريق النوارس إلى ملعب الميناء حاملا كأس المدينة، واستقبله المهاجم وليد حمدان.",
        "published_at": AFTER_ALL.replace(second=20).isoformat(),
    }
    train_into(tmp_path / "artifacts", [*topic_records(), flash])
    with serving(tmp_path / "artifacts", clock) as client:
        shown = []
        for now in (appears - 1, appears):
            clock.now = now
            shown.append("flash" in [item["id"] for item in client.get(f"{LIST}?limit=50").json()["items"]])
    assert shown == [False, True]


def test_a_list_of_the_past_is_kept_for_ever(timed: Client, clock: Clock) -> None:
    first = timed.get(f"{LIST}?as_of=2025-03-20")
    clock.now += 1000 * TICK
    assert timed.get(f"{LIST}?as_of=2025-03-20").content == first.content
    assert kept(timed) == 1


def test_another_version_begins_with_no_answers(artifacts: Path) -> None:
    with serving(artifacts, follow_seconds=0.02) as client:
        before = client.get(LIST).json()["model"]["version"]
        assert kept(client) == 1
        version = train_into(artifacts, topic_records()).version
        eventually(lambda: client.get("/health/ready").json()["model"] == version)
        assert kept(client) == 0
        assert before != version == client.get(LIST).json()["model"]["version"]


def test_kept_or_made_every_answer_is_counted(timed: Client) -> None:
    for _ in range(3):
        timed.get(LIST)
    timed.request("HEAD", LIST)
    figures = timed.get("/metrics").text
    route = 'route="/v1/articles/{article_id:path}/related"'
    assert f'silah_http_requests_total{{method="GET",{route},status="200"}} 3.0' in figures
    assert f'silah_http_requests_total{{method="HEAD",{route},status="200"}} 1.0' in figures
    assert f"silah_http_request_seconds_count{{{route}}} 4.0" in figures
    assert 'silah_list_items_count{list="related"} 4.0' in figures


def test_a_kept_answer_has_a_request_id_of_its_own(timed: Client) -> None:
    assert len({timed.get(LIST).headers["x-request-id"] for _ in range(3)}) == 3
    assert timed.get(LIST, headers={"X-Request-ID": "call-7"}).headers["x-request-id"] == "call-7"


@pytest.mark.parametrize("article_id", ["story/related", "a%2Fb", "أخبار/رياضة عاجل"])
def test_an_encoded_id_keeps_its_own_answer(odd: Client, article_id: str) -> None:
    path = f"/v1/articles/{quote(article_id, safe='')}/related"
    answers = [odd.get(path) for _ in range(2)]
    assert [answer.json()["source_id"] for answer in answers] == [article_id] * 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000)), max_size=30), st.integers(0, 20_000))
def test_no_more_is_kept_than_may_be_and_what_was_asked_for_last(asked: list[tuple[int, int]], capacity: int) -> None:
    answers = Answers(capacity)
    latest: list[int] = []
    for number, length in asked:
        scope = {"raw_path": b"/%d" % number, "query_string": b""}
        answer = Answer(b"x" * length, "no-cache")
        answers.keep(scope, answer, Period(0, 10))
        latest = [*(other for other in latest if other != number), number]
        assert answers.size <= capacity
        assert (answers.size > 0) is (len(answers) > 0)
        found = [other for other in latest if answers.find({"raw_path": b"/%d" % other, "query_string": b""}, 5)]
        if length + len(scope["raw_path"]) + OVERHEAD <= capacity:
            assert found == latest[-len(found) :]
            assert answers.find(scope, 5) is answer
        assert answers.find(scope, 10) is None


def test_without_a_path_as_it_was_sent_nothing_is_kept() -> None:
    answers = Answers(10_000)
    answers.keep({"query_string": b""}, Answer(b"x", "no-cache"), Period(0, 10))
    assert answers.find({"query_string": b""}, 5) is None
    assert len(answers) == 0
