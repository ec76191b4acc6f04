"""service.routes.articles: an article and its two lists, as the contract has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import parse_time, to_microseconds
from models.registry import Registry
from tests.support.newsroom import AFTER_ALL, COPY, SECTIONS, topic_records, train_into
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving
from tests.support.worlds import BARE, EXPIRED, FUTURE, HERMIT, ODD_IDS, UNDATED, edge_records

RECORDS = {record["id"]: record for record in edge_records()}
LISTS = ("related", "also-like")
ANSWER = {"request_id", "list", "source_id", "as_of", "model", "items", "fallback", "degraded"}
ITEM = {"id", "rank", "score", "reason", "title", "url", "section", "published_at", "story_id"}


def ask(client: Client, article_id: str, name: str = "related", **asked: Any) -> dict[str, Any]:
    response = client.get(f"/v1/articles/{quote(article_id, safe='')}/{name}", params=asked)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def topics(answer: dict[str, Any]) -> list[str]:
    return [article_id.partition("-")[0] for article_id in ids(answer)]


def published(article_id: str) -> datetime:
    return parse_time(RECORDS[article_id]["published_at"])


def assert_always_true(answer: dict[str, Any]) -> None:
    """What holds of every list, whatever was asked."""
    shown = answer["items"]
    assert answer["source_id"] not in ids(answer)
    assert EXPIRED not in ids(answer) or answer["as_of"] < "2025-03-20"
    assert FUTURE not in ids(answer)
    assert len(set(ids(answer))) == len(shown)
    stories = [item["story_id"] for item in shown]
    assert len(set(stories)) == len(stories)
    assert "football-1" not in stories or answer["source_id"] not in {"football-1", COPY}
    assert [item["rank"] for item in shown] == list(range(1, len(shown) + 1))
    for item in shown:
        assert 0 <= item["score"] <= 1
        record = RECORDS[item["id"]]
        assert (item["title"], item["section"]) == (record["title"], record.get("section"))
        assert item["published_at"] is None or item["published_at"] <= answer["as_of"]


# the shape


@pytest.mark.parametrize("name", LISTS)
def test_an_answer_has_the_members_of_the_contract(client: Client, trained: Path, name: str) -> None:
    answer = ask(client, "football-2", name)
    manifest = Registry(trained).load_current().manifest
    assert answer.keys() == ANSWER
    assert answer["list"] == name
    assert answer["source_id"] == "football-2"
    assert answer["as_of"] == "2025-04-01T00:00:00Z"
    assert answer["model"] == {"version": manifest.version, "trained_at": manifest.created_at}
    assert answer["request_id"]
    assert answer["fallback"] is None
    assert answer["degraded"] is False
    assert answer["items"]
    for item in answer["items"]:
        assert item.keys() >= ITEM
        assert "matched_terms" not in item
        assert item["reason"] == "content"
        record = RECORDS[item["id"]]
        for member in ("title", "url", "section", "published_at", "source"):
            assert item[member] == record[member]


def test_what_an_article_does_not_have_is_null(edge: Client) -> None:
    items = {item["id"]: item for item in ask(edge, "football-2", limit=50)["items"]}
    bare = items[BARE]
    assert [bare[member] for member in ("url", "section", "published_at", "image_url", "source")] == [None] * 5
    assert items[UNDATED]["published_at"] is None


def test_letters_are_not_escaped_and_the_answer_is_utf8(client: Client) -> None:
    response = client.get("/v1/articles/football-2/related")
    assert response.headers["content-type"] == "application/json"
    assert "كأس" in response.content.decode("utf-8")


def test_the_story_of_a_copy_is_its_first_report(client: Client) -> None:
    items = [item for item in ask(client, "football-4", limit=50)["items"] if item["id"] in {"football-1", COPY}]
    assert [item["story_id"] for item in items] == ["football-1"]


# which articles


@pytest.mark.parametrize("article_id", [f"{topic}-{number}" for topic in SECTIONS for number in (1, 2, 3)])
def test_related_articles_are_of_the_topic_first(client: Client, article_id: str) -> None:
    found = topics(ask(client, article_id))
    topic = article_id.partition("-")[0]
    assert found[0] == topic
    assert found.count(topic) * 2 > len(found)


def test_also_like_looks_over_the_fence(client: Client) -> None:
    across = [
        article_id
        for article_id in RECORDS
        if article_id[-1] in "56" and set(topics(ask(client, article_id, "also-like"))) - {article_id.partition("-")[0]}
    ]
    assert len(across) >= 4


@pytest.mark.parametrize("article_id", [record["id"] for record in topic_records()])
def test_also_like_shows_nothing_that_related_shows(client: Client, article_id: str) -> None:
    related, also_like = ask(client, article_id), ask(client, article_id, "also-like", limit=50)
    assert_always_true(related)
    assert_always_true(also_like)
    assert not {item["story_id"] for item in related["items"]} & {item["story_id"] for item in also_like["items"]}


@pytest.mark.parametrize("article_id", ["football-1", COPY])
def test_the_copy_of_an_article_is_not_related_to_it(client: Client, article_id: str) -> None:
    assert not {"football-1", COPY} & set(ids(ask(client, article_id, limit=50)))


def test_of_two_copies_only_one_is_shown(client: Client) -> None:
    for number in range(2, 7):
        assert len({"football-1", COPY} & set(ids(ask(client, f"football-{number}", limit=50)))) == 1


def test_expired_and_future_articles_are_shown_by_neither_list(edge: Client) -> None:
    for name in LISTS:
        for article_id in RECORDS:
            assert not {EXPIRED, FUTURE} & set(ids(ask(edge, article_id, name, limit=50)))


def test_expired_and_future_articles_have_lists_themselves(edge: Client) -> None:
    assert ids(ask(edge, EXPIRED))
    assert ids(ask(edge, FUTURE))


def test_an_article_appears_and_expires_at_its_moment(tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    train_into(artifacts, edge_records())
    now = to_microseconds(datetime(2025, 3, 19, 23, 59, 59, tzinfo=UTC))
    with serving(artifacts, now=lambda: now) as client:
        assert EXPIRED in ids(ask(client, "football-2", limit=50))
        now += 1_000_000
        assert EXPIRED not in ids(ask(client, "football-2", limit=50))
        now = to_microseconds(datetime(2025, 5, 1, tzinfo=UTC)) - 1
        assert FUTURE not in ids(ask(client, "football-2", limit=50))
        now += 1
        assert FUTURE in ids(ask(client, "football-2", limit=50))


# what can be asked


def test_lists_have_their_own_length_unless_asked(client: Client) -> None:
    assert len(ids(ask(client, "football-2"))) == 5
    assert len(ids(ask(client, "health-3", "also-like"))) == 2


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_a_limit_cuts_the_longer_list(client: Client, limit: int) -> None:
    longest = ids(ask(client, "elections-4", limit=50))
    assert len(longest) > 4
    assert ids(ask(client, "elections-4", limit=limit)) == longest[:limit]


def test_without_diversity_the_best_score_comes_first(client: Client) -> None:
    for article_id in ("football-2", "water-4", "elections-6"):
        scores = [item["score"] for item in ask(client, article_id, limit=50, diversity=0)["items"]]
        assert scores == sorted(scores, reverse=True)


def test_diversity_moves_what_repeats_the_best_further_down(client: Client) -> None:
    plain = ids(ask(client, "football-2", limit=50, diversity=0))
    varied = ids(ask(client, "football-2", limit=50, diversity=1))
    assert varied[0] == plain[0]
    assert set(varied) == set(plain)
    assert varied != plain


def test_only_the_asked_section_is_shown(client: Client) -> None:
    answer = ask(client, "football-6", limit=50, section=SECTIONS["elections"])
    assert set(topics(answer)) == {"elections"}


def test_a_section_is_more_than_a_filter_on_the_shown(client: Client) -> None:
    shown = [found for found in ids(ask(client, "water-5")) if found.startswith("water")]
    assert len(ids(ask(client, "water-5", section=SECTIONS["water"]))) > len(shown)


def test_an_excluded_section_is_not_shown(client: Client) -> None:
    everything = ids(ask(client, "football-6", limit=50))
    rest = ids(ask(client, "football-6", limit=50, exclude_section=SECTIONS["elections"]))
    assert rest == [found for found in everything if not found.startswith("elections")]
    assert rest != everything


def test_an_article_without_a_section_is_of_none_and_excluded_by_none(edge: Client) -> None:
    assert BARE in ids(ask(edge, "football-2", limit=50, exclude_section=SECTIONS["football"]))
    assert BARE not in ids(ask(edge, "football-2", limit=50, section=SECTIONS["football"]))


def test_a_section_that_no_article_has_gives_an_empty_list(client: Client) -> None:
    assert ask(client, "football-6", section="طقس")["items"] == []
    assert ids(ask(client, "football-6", exclude_section="طقس")) == ids(ask(client, "football-6"))


def test_a_section_asked_for_and_excluded_gives_an_empty_list(client: Client) -> None:
    both = {"section": SECTIONS["football"], "exclude_section": SECTIONS["football"]}
    assert ask(client, "football-2", **both)["items"] == []


def test_since_and_until_include_both_ends(client: Client) -> None:
    first, last = RECORDS["football-3"]["published_at"], RECORDS["football-4"]["published_at"]
    answer = ask(client, "football-2", limit=50, since=first, until=last)
    assert {"football-3", "football-4"} <= set(ids(answer))
    assert all(first <= item["published_at"] <= last for item in answer["items"])


def test_an_unknown_time_is_outside_of_every_span(edge: Client) -> None:
    spans = ({"since": "0001-01-01"}, {"until": "2999-01-01"}, {"max_age": "999999w"})
    assert UNDATED in ids(ask(edge, "football-2", limit=50))
    for span in spans:
        assert not {UNDATED, BARE} & set(ids(ask(edge, "football-2", limit=50, **span)))


def test_a_span_that_ends_before_it_begins_is_empty(client: Client) -> None:
    assert ask(client, "football-2", since="2025-03-09", until="2025-03-01")["items"] == []


def test_a_highest_age_counts_from_the_moment_of_the_list(client: Client) -> None:
    assert ask(client, "football-2", max_age="1d")["items"] == []
    answer = ask(client, "football-2", max_age="3d", as_of="2025-03-08T00:00:00Z", limit=50)
    assert "football-3" in ids(answer)
    assert all("2025-03-05T00:00:00Z" <= item["published_at"] <= "2025-03-08" for item in answer["items"])


def test_a_list_as_it_was_then_knows_nothing_later(client: Client) -> None:
    answer = ask(client, "football-2", as_of="2025-03-05T08:00:00Z", limit=50)
    assert answer["as_of"] == "2025-03-05T08:00:00Z"
    assert ids(answer)
    assert all(item["published_at"] <= "2025-03-05T08:00:00Z" for item in answer["items"])
    assert "football-3" in ids(answer)  # published at that very moment


def test_before_all_articles_there_is_nothing_to_show(client: Client) -> None:
    assert ask(client, "football-2", as_of="2020-01-01", fallback="latest")["items"] == []


@pytest.mark.parametrize("as_of", ["2999-01-01", "9999-12-31T23:59:59Z", "2025-04-01T00:00:00.000001Z"])
def test_a_moment_to_come_gives_the_list_of_now(edge: Client, as_of: str) -> None:
    now = edge.get("/v1/articles/football-2/related?limit=50")
    then = edge.get(f"/v1/articles/football-2/related?limit=50&as_of={as_of}")
    assert then.content == now.content


def test_excluded_articles_make_room_for_others(client: Client) -> None:
    longest = ids(ask(client, "elections-4", limit=50))
    answer = ask(client, "elections-4", limit=3, exclude=[longest[0], longest[2], "no such article", ""])
    assert ids(answer) == [longest[1], longest[3], longest[4]]


def test_an_excluded_copy_does_not_hide_its_story(client: Client) -> None:
    (shown,) = {"football-1", COPY} & set(ids(ask(client, "football-4", limit=50)))
    (other,) = {"football-1", COPY} - {shown}
    found = ids(ask(client, "football-4", limit=50, exclude=[shown]))
    assert other in found
    assert shown not in found


def test_a_lowest_score_keeps_what_reaches_it(client: Client) -> None:
    items = ask(client, "football-2", limit=50)["items"]
    middle = (items[1]["score"] + items[2]["score"]) / 2
    assert ids(ask(client, "football-2", limit=50, min_score=middle)) == [items[0]["id"], items[1]["id"]]
    assert ask(client, "football-2", min_score=1)["items"] == []


# fallbacks


def test_an_article_like_no_other_has_an_empty_list(edge: Client) -> None:
    for name in LISTS:
        for asked in ({}, {"fallback": "none"}):
            answer = ask(edge, HERMIT, name, **asked)
            assert answer["items"] == []
            assert answer["fallback"] is None


def test_the_latest_make_a_short_list_full(edge: Client) -> None:
    answer = ask(edge, HERMIT, fallback="latest", limit=4)
    assert answer["fallback"] == "latest"
    assert {item["reason"] for item in answer["items"]} == {"fallback:latest"}
    assert ids(answer) == ["health-6", "water-6", "elections-6", "football-6"]
    assert_always_true(answer)


def test_what_is_related_comes_before_the_fallback(edge: Client) -> None:
    answer = ask(edge, "football-2", fallback="latest", limit=20)
    reasons = [item["reason"] for item in answer["items"]]
    assert reasons == sorted(reasons)
    assert set(reasons) == {"content", "fallback:latest"}
    assert len(reasons) == 20
    found = ids(ask(edge, "football-2", limit=20))
    assert ids(answer)[: len(found)] == found
    assert_always_true(answer)


def test_articles_of_unknown_time_are_the_last_of_the_latest(edge: Client) -> None:
    found = ask(edge, HERMIT, fallback="latest", limit=50)["items"]
    times = [item["published_at"] for item in found]
    known = [time for time in times if time is not None]
    assert known == sorted(known, reverse=True)
    assert times[len(known) :] == [None, None]
    assert {item["id"] for item in found[len(known) :]} == {BARE, UNDATED}


def test_the_latest_of_the_section_of_the_article(edge: Client) -> None:
    answer = ask(edge, "water-1", fallback="section", limit=50, min_score=1)
    assert answer["fallback"] == "section"
    assert {item["reason"] for item in answer["items"]} == {"fallback:section"}
    assert ids(answer) == ["water-6", "water-5", "water-4", "water-3", "water-2"]


def test_a_fallback_keeps_to_what_was_asked(edge: Client) -> None:
    asked = {"limit": 50, "section": SECTIONS["health"], "until": "2025-03-07T23:59:59Z", "exclude": ["health-3"]}
    assert ids(ask(edge, HERMIT, fallback="latest", **asked)) == ["health-4", "health-2", "health-1"]


def test_a_fallback_of_also_like_tells_no_story_that_related_tells(edge: Client) -> None:
    for article_id in RECORDS:
        related = {item["story_id"] for item in ask(edge, article_id)["items"]}
        full = ask(edge, article_id, "also-like", fallback="latest", limit=50)
        assert full["fallback"] == "latest"
        assert not related & {item["story_id"] for item in full["items"]}
        assert_always_true(full)


@pytest.mark.parametrize("article_id", [HERMIT, "nobody"])
def test_without_a_section_the_latest_of_all_are_named_as_such(edge: Client, article_id: str) -> None:
    answer = ask(edge, article_id, fallback="section")
    assert answer["fallback"] == "latest"
    assert {item["reason"] for item in answer["items"]} == {"fallback:latest"}
    assert ids(answer)[:2] == ["health-6", "water-6"]


def test_a_full_list_needs_no_fallback(edge: Client) -> None:
    answer = ask(edge, "football-2", fallback="latest", limit=3)
    assert answer["fallback"] is None
    assert {item["reason"] for item in answer["items"]} == {"content"}


@pytest.mark.parametrize("name", LISTS)
def test_an_unknown_article_is_404_unless_a_fallback_is_named(edge: Client, name: str) -> None:
    path = f"/v1/articles/nobody/{name}"
    assert_problem(edge.get(path), 404, "article-not-found")
    assert_problem(edge.get(f"{path}?fallback=none"), 404, "article-not-found")
    answer = ask(edge, "nobody", name, fallback="latest")
    assert answer["source_id"] == "nobody"
    assert answer["fallback"] == "latest"
    assert ids(answer)[:2] == ["health-6", "water-6"]
    assert_always_true(answer)


def test_the_latest_of_a_section_for_an_unknown_article(edge: Client) -> None:
    answer = ask(edge, "nobody", fallback="section", section=SECTIONS["water"], limit=2)
    assert ids(answer) == ["water-6", "water-5"]


# explanations


def test_an_explanation_shows_the_shared_words_as_they_are_written(client: Client) -> None:
    record = RECORDS["football-2"]
    text = f"{record['title']} {record['body']}"
    for name in LISTS:
        answer = ask(client, "football-2", name, explain="true")
        for item in answer["items"]:
            terms = item["matched_terms"]
            assert terms
            assert all(term.keys() == {"term", "weight"} for term in terms)
            assert all(term["term"] in text for term in terms)
            weights = [term["weight"] for term in terms]
            assert weights == sorted(weights, reverse=True)
            assert all(0 < weight <= 1 for weight in weights)


def test_an_explanation_changes_nothing_else(client: Client) -> None:
    plain = ask(client, "football-2")["items"]
    explained = ask(client, "football-2", explain="true")["items"]
    assert [{key: value for key, value in item.items() if key != "matched_terms"} for item in explained] == plain


def test_a_fallback_for_nobody_has_nothing_to_explain(edge: Client) -> None:
    answer = ask(edge, "nobody", fallback="latest", explain="true")
    assert not any(item.get("matched_terms") for item in answer["items"])


# the same question, the same bytes


@pytest.mark.parametrize(
    "question", ["", "?limit=50&explain=true", "?fallback=latest&limit=30", "?diversity=0.7&limit=9"]
)
def test_the_same_question_gets_the_same_bytes(edge: Client, tmp_path: Path, question: str) -> None:
    for name in LISTS:
        path = f"/v1/articles/football-2/{name}{question}"
        first = edge.get(path, headers={"X-Request-ID": "one"})
        second = edge.get(path, headers={"X-Request-ID": "two"})
        assert first.content == second.content
        assert first.headers["etag"] == second.headers["etag"]


def test_another_process_gives_the_same_bytes(client: Client, trained: Path) -> None:
    with serving(trained, now=lambda: to_microseconds(AFTER_ALL) + 59_000_000) as other:
        for article_id in ("football-2", "water-5", COPY):
            for name in LISTS:
                path = f"/v1/articles/{article_id}/{name}?limit=50&explain=true"
                assert other.get(path).content == client.get(path).content


def test_the_order_of_excluded_ids_does_not_matter(client: Client) -> None:
    one = client.get("/v1/articles/football-2/related?exclude=football-3&exclude=football-1&exclude=football-1")
    other = client.get("/v1/articles/football-2/related?exclude=football-1&exclude=football-3")
    assert one.content == other.content


def test_each_question_has_a_request_id_of_its_own(client: Client) -> None:
    questions = [
        {},
        {"limit": 4},
        {"explain": "true"},
        {"exclude": "x"},
        {"fallback": "latest"},
        {"since": "2025-03-01"},
    ]
    names = [ask(client, "football-2", name, **asked)["request_id"] for asked in questions for name in LISTS]
    assert len(set(names)) == len(names)


# whatever is asked

SHARES = st.floats(0, 1)
TIMES = st.sampled_from(["2025-02-01", "2025-03-03", "2025-03-08T10:30:00Z", "2025-03-19T23:59:59Z", "2999-01-01"])
QUESTIONS = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.integers(1, 50),
        "section": st.sampled_from([*SECTIONS.values(), "طقس"]),
        "exclude_section": st.sampled_from([*SECTIONS.values(), "طقس"]),
        "since": TIMES,
        "until": TIMES,
        "as_of": TIMES,
        "max_age": st.sampled_from(["1h", "2d", "1w", "52w"]),
        "exclude": st.lists(st.sampled_from(sorted(RECORDS)), max_size=8),
        "min_score": SHARES,
        "diversity": SHARES,
        "fallback": st.sampled_from(["latest", "section", "none"]),
        "explain": st.booleans(),
    },
)


@given(article_id=st.sampled_from(sorted(RECORDS)), name=st.sampled_from(LISTS), asked=QUESTIONS)
def test_whatever_is_asked_the_promises_hold(edge: Client, article_id: str, name: str, asked: dict[str, Any]) -> None:
    answer = ask(edge, article_id, name, **asked)
    assert_always_true(answer)
    assert len(answer["items"]) <= asked.get("limit", 5 if name == "related" else 2)
    for item in answer["items"]:
        assert item["id"] not in asked.get("exclude", [])
        assert item["section"] == asked.get("section", item["section"])
        assert item["section"] is None or item["section"] != asked.get("exclude_section")
        if item["reason"] == "content":
            assert item["score"] >= asked.get("min_score", 0) - 1e-6
        if "since" in asked:
            assert published(item["id"]) >= parse_time(asked["since"])
        if "until" in asked:
            assert published(item["id"]) <= parse_time(asked["until"])
        assert ("matched_terms" in item) == asked.get("explain", False)


# the article itself


def test_an_article_is_given_as_it_came(client: Client) -> None:
    response = client.get("/v1/articles/football-1")
    assert response.status_code == 200
    assert response.json() == RECORDS["football-1"]


def test_an_article_with_every_member_comes_back_whole(tmp_path: Path) -> None:
    record = {
        "id": "whole",
        "title": "خبر كامل",
        "body": "<p>نص &amp; <b>وسوم</b></p>",
        "section": "رياضة",
        "published_at": "2025-03-01T10:00:00Z",
        "url": "https://news.example/whole?a=1&b=2",
        "image_url": "https://news.example/whole.jpg",
        "source": "صحيفة",
        "author": "كاتبة",
        "language": "ar",
        "edition": "المساء",
        "tags": ["كأس", "نهائي"],
        "links": ["football-1"],
        "expires_at": "2025-06-01T00:00:00Z",
    }
    artifacts = tmp_path / "artifacts"
    train_into(
        artifacts, [*topic_records(), record, {"id": 7, "title": "رقم", "published_at": "2025-03-01T13:00:00+03:00"}]
    )
    with serving(artifacts) as client:
        assert client.get("/v1/articles/whole").json() == record
        numbered = client.get("/v1/articles/7").json()
        assert numbered == {"id": "7", "title": "رقم", "body": "", "published_at": "2025-03-01T10:00:00Z"}


def test_an_unknown_article_is_404(client: Client) -> None:
    assert "nobody" in assert_problem(client.get("/v1/articles/nobody"), 404, "article-not-found")["detail"]


# ids that are hard to write in a path: see also test_paths


def test_neighbours_are_found_under_odd_ids(client: Client, odd: Client) -> None:
    plain_ids = [record["id"] for record in topic_records()]
    odd_id_of = dict(zip(plain_ids, ODD_IDS, strict=False))
    for article_id in ("football-1", "water-2", "elections-3"):
        expected = {odd_id_of[found] for found in ids(ask(client, article_id, limit=3))}
        assert len(expected & set(ids(ask(odd, odd_id_of[article_id], limit=5)))) >= 2


def test_odd_ids_can_be_excluded(odd: Client) -> None:
    shown = ids(ask(odd, "nobody", fallback="latest", limit=50))
    assert len(shown) == len(ODD_IDS) - 1  # of two copies one
    for article_id in shown:
        assert article_id not in ids(ask(odd, "nobody", fallback="latest", limit=50, exclude=[article_id]))


def test_article_answers_are_cacheable(client: Client) -> None:
    first = client.get("/v1/articles/football-1")
    assert first.headers["cache-control"].startswith("public, max-age=")
    again = client.get("/v1/articles/football-1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", LISTS)
def test_fields_choose_the_members_of_an_item(client: Client, name: str) -> None:
    whole = ask(client, "football-2", name)
    chosen = ask(client, "football-2", name, fields="id, title,url")
    assert chosen["items"] == [{key: item[key] for key in ("id", "title", "url")} for item in whole["items"]]
    assert chosen.keys() == whole.keys()


def test_matched_terms_can_be_the_only_field(client: Client) -> None:
    explained = ask(client, "football-2", explain=True, fields="matched_terms")
    assert all(item.keys() == {"matched_terms"} for item in explained["items"])


def test_unknown_fields_are_named(client: Client) -> None:
    response = client.get("/v1/articles/football-2/related", params={"fields": "id,body"})
    assert_problem(response, 422, "invalid-input")
    assert "body" in response.json()["detail"]
