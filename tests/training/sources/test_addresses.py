"""One article has one id, however its address is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import MAX_ID_LENGTH, Article
from training.sources.addresses import article_id, canonical, on_the_web, post_id

ARABIC = "https://site.example/2026/أخبار-النهر"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Site.Example/a", "https://site.example/a"),
        ("https://site.example:443/a#top", "https://site.example/a"),
        ("http://site.example:8080", "http://site.example:8080/"),
        ("https://site.example/a?utm_source=x&id=7&fbclid=1", "https://site.example/a?id=7"),
        ("https://site.example/a?b=%D8%A3&c", "https://site.example/a?b=%D8%A3&c"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        (ARABIC, "https://site.example/2026/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1-%D8%A7%D9%84%D9%86%D9%87%D8%B1"),
    ],
)
def test_what_does_not_change_the_page_goes(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


def test_letters_and_their_codes_are_one_id() -> None:
    assert article_id(ARABIC) == article_id(canonical(ARABIC)) == ARABIC


def test_codes_that_part_an_address_stay() -> None:
    assert article_id("https://site.example/a%2Fb%20c%D8%20%00") == "https://site.example/a%2Fb%20c%D8%20%00"


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://site.example/?p=123", "123"),
        ("http://site.example/?post_type=post&p=123", "123"),
        ("http://site.example?p=123", "123"),
        ("https://site.example/list?p=123", None),  # page 123 of a list
        ("https://site.example/?p=12a", None),
        ("?p=123", None),
        ("tag:site.example,2026:123", None),
        ("http://[broken/?p=1", None),
    ],
)
def test_wordpress_tells_the_number_of_a_post(url: str, number: str | None) -> None:
    assert post_id(url) == number


def test_the_guid_of_a_feed_counts_before_its_address() -> None:
    assert article_id(ARABIC, "https://site.example/?p=9") == "9"
    assert article_id(ARABIC, "urn:x") == ARABIC


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=300))
def test_every_address_has_an_id_that_is_taken(path: str) -> None:
    url = f"https://site.example/{path}"
    try:
        found = article_id(url)
    except ValueError:
        return
    assert len(found) <= MAX_ID_LENGTH
    assert Article.from_record({"id": found, "title": "خبر"}).id == found


def test_long_addresses_that_differ_at_their_end_have_ids_that_differ() -> None:
    long = ARABIC + "-ثم" * 80
    assert len(article_id(long)) == MAX_ID_LENGTH
    assert article_id(long) != article_id(long + "-آخر")


def test_the_web_is_asked_by_two_schemes() -> None:
    assert [on_the_web(one) for one in ("HTTP://a", "https://a", "s3://a", "a.csv")] == [True, True, False, False]
