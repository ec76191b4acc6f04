"""What a site asks of programs that read it."""

from __future__ import annotations

import pytest

from training.sources.robots import MAX_DELAY, Robots

AGENT = "Silah/0.1 (article import)"
SITE = "https://site.example"


def test_the_group_of_ones_own_name_counts_before_that_of_all() -> None:
    robots = Robots("User-agent: *\nDisallow: /\n\nUser-Agent: SILAH\nDisallow: /private\nCrawl-delay: 3", AGENT)
    assert robots.allows(f"{SITE}/news")
    assert not robots.allows(f"{SITE}/private/1")
    assert robots.delay == 3.0
    other = Robots("User-agent: *\nDisallow: /\n\nUser-agent: silah\nDisallow:", "Other/1")
    assert not other.allows(f"{SITE}/news")


@pytest.mark.parametrize("name", ["Sil", "silahbot", "other", "ah"])
def test_a_name_that_is_alike_is_anothers(name: str) -> None:
    assert Robots(f"user-agent: {name}\ndisallow: /", AGENT).allows(f"{SITE}/news")


def test_groups_of_others_part_groups() -> None:
    robots = Robots("User-agent: silah\nDisallow: /a\nUser-agent: other\nDisallow: /b", AGENT)
    assert not robots.allows(f"{SITE}/a")
    assert robots.allows(f"{SITE}/b")


def test_arabic_paths_are_known_in_letters_and_in_codes() -> None:
    for text in ("User-agent: *\nDisallow: /خاص", "User-agent: *\nDisallow: /%D8%AE%D8%A7%D8%B5"):
        robots = Robots(text, AGENT)
        assert not robots.allows(f"{SITE}/%D8%AE%D8%A7%D8%B5/1")
        assert robots.allows(f"{SITE}/%D8%B9%D8%A7%D9%85")


@pytest.mark.parametrize(
    ("told", "kept"), [("1e9", MAX_DELAY), ("inf", 0.0), ("nan", 0.0), ("-5", 0.0), ("x", 0.0), ("0.5", 0.5)]
)
def test_no_site_can_stop_an_import_by_its_delay(told: str, kept: float) -> None:
    assert Robots(f"User-agent: *\nCrawl-delay: {told}", AGENT).delay == kept


def test_a_name_without_letters_obeys_what_is_for_all() -> None:
    assert not Robots("User-agent: *\nDisallow: /", "007").allows(f"{SITE}/")


def test_rules_for_thousands_of_names_are_not_kept_for_each() -> None:
    names = "".join(f"User-agent: bot{number}\n" for number in range(12_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(12_000))
    # kept for each it would take minutes and gigabytes
    robots = Robots(f"{names}User-agent: *\n{rules}", AGENT)
    assert not robots.allows(f"{SITE}/11999")


def test_stars_without_end_are_matched_at_once() -> None:
    pattern = "/" + "*a" * 5000 + "b"
    assert Robots(f"User-agent: *\nDisallow: {pattern}", AGENT).allows(f"{SITE}/{'a' * 5000}")
