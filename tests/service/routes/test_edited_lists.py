"""service.routes.articles under editorial rules: what a reader gets of what editors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.article import to_microseconds
from models.editorial import Rule, RuleType
from tests.service.routes.test_articles import LISTS, ask, ids
from tests.support.newsroom import AFTER_ALL
from tests.support.serving import Client, serving, under_rules

NOW = to_microseconds(AFTER_ALL)
MINUTE = 60_000_000


def test_a_banned_article_makes_room_for_the_next(client: Client) -> None:
    first, *others = ids(ask(client, "water-1", limit=4))
    with under_rules(client, Rule(id="1", type=RuleType.BAN, article_id=first)):
        assert ids(ask(client, "water-1", limit=3)) == others


def test_pins_and_boosts_say_so(client: Client) -> None:
    rules = (
        Rule(id="1", type=RuleType.PIN, article_id="football-1", position=2, source_id="water-1"),
        Rule(id="2", type=RuleType.BOOST, article_id="water-5", factor=10.0),
    )
    with under_rules(client, *rules):
        items = ask(client, "water-1")["items"]
        assert [(item["id"], item["reason"]) for item in items[:2]] == [
            ("water-5", "boosted"),
            ("football-1", "pinned"),
        ]
        assert {item["reason"] for item in items[2:]} == {"content"}
        assert "football-1" not in ids(ask(client, "water-2"))
        assert "football-1" not in ids(ask(client, "water-1", "also-like"))


@pytest.mark.parametrize("fallback", ["none", "latest", "section"])
@pytest.mark.parametrize("name", LISTS)
def test_a_suppressed_page_gets_empty_lists(client: Client, name: str, fallback: str) -> None:
    with under_rules(client, Rule(id="1", type=RuleType.SUPPRESS, source_id="water-1")):
        answer = ask(client, "water-1", name, fallback=fallback)
        assert (answer["items"], answer["fallback"]) == ([], None)
        assert ids(ask(client, "water-2", name))


def test_what_is_suppressed_between_sections_meets_in_no_direction(client: Client) -> None:
    with under_rules(client, Rule(id="1", type=RuleType.SUPPRESS, section="رياضة", source_section="صحة")):
        for article_id, apart in (("football-5", "صحة"), ("health-2", "رياضة")):
            for fallback in ("none", "latest"):
                items = ask(client, article_id, limit=20, fallback=fallback)["items"]
                assert items
                assert apart not in {item["section"] for item in items}


def test_a_fallback_is_told_although_a_pin_stands_last(client: Client) -> None:
    rule = Rule(id="1", type=RuleType.PIN, article_id="football-1", position=50)
    with under_rules(client, rule):
        answer = ask(client, "water-1", limit=50, fallback="latest")
        assert answer["items"][-1]["reason"] == "pinned"
        assert answer["fallback"] == "latest"


def test_an_unknown_article_gets_what_all_pages_get(client: Client) -> None:
    rules = (
        Rule(id="1", type=RuleType.PIN, article_id="football-1", position=2),
        Rule(id="2", type=RuleType.BAN, section="صحة"),
        Rule(id="3", type=RuleType.BAN, section="سياسة", source_section="رياضة"),
    )
    with under_rules(client, *rules):
        items = ask(client, "nobody", limit=50, fallback="latest")["items"]
        assert items[1]["id"] == "football-1"
        assert {item["section"] for item in items} == {"رياضة", "سياسة", "اقتصاد"}


def test_what_is_taken_down_leaves_lists_of_the_past_as_well(trained: Path) -> None:
    clock = [NOW]
    past = {"as_of": "2025-03-20T00:00:00Z"}
    with serving(trained, now=lambda: clock[0]) as client:
        first, *_ = before = ids(ask(client, "water-1", **past))
        rules = (
            Rule(id="1", type=RuleType.BAN, article_id=first, since=NOW + MINUTE, until=NOW + 2 * MINUTE),
            Rule(id="2", type=RuleType.PIN, article_id="football-1", position=1, since=NOW),
        )
        with under_rules(client, *rules):
            assert ids(ask(client, "water-1", **past)) == before
            clock[0] += MINUTE
            assert first not in ids(ask(client, "water-1", **past))
            clock[0] += MINUTE
            assert ids(ask(client, "water-1", **past)) == before
