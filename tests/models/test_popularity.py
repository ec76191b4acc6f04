"""models.popularity: a pure function of what readers did, whatever its order, its batches and its repeats."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import popularity as module
from models.errors import QueryError
from models.interaction import Act, Interaction
from models.popularity import BUCKET, HALF_LIVES, HOUR, MINUTE, Popularity, Ranking, ReadingRules
from tests.support.indexes import seeds
from tests.support.readers import FEW, START, interactions, latest_readings

END = START + 9 * HOUR * BUCKET
moments = st.integers(START - BUCKET, END + 9 * HOUR * BUCKET)


def shares(ranking: Ranking) -> dict[str, float]:
    return dict(zip(ranking.ids, ranking.shares.tolist(), strict=True))


def both(popularity: Popularity, as_of: int) -> list[dict[str, float]]:
    return [shares(popularity.most_read(as_of)), shares(popularity.trending(as_of))]


def of(done: list[Interaction], rules: ReadingRules = FEW) -> Popularity:
    return Popularity(rules).with_interactions(done)


def read(article_id: str, reader: int | None, minute: int, act: Act = Act.READ) -> Interaction:
    return Interaction(act, article_id, START + minute * MINUTE, reader)


@given(interactions(), moments)
def test_the_most_read_have_most_readers_in_the_window(done: list[Interaction], as_of: int):
    readers: dict[str, int] = defaultdict(int)
    for (article_id, _), (bucket, _) in latest_readings(done, FEW, as_of).items():
        if bucket > as_of // BUCKET - FEW.most_read_hours * HOUR:
            readers[article_id] += 1
    most = max(readers.values(), default=1)
    assert shares(of(done).most_read(as_of)) == {one: count / most for one, count in readers.items()}


@given(interactions(), moments)
def test_trending_halves_with_each_half_life(done: list[Interaction], as_of: int):
    weights: dict[str, float] = defaultdict(float)
    for (article_id, _), (bucket, _) in latest_readings(done, FEW, as_of).items():
        half_lives = (as_of // BUCKET - bucket) / HOUR / FEW.half_life_hours
        if half_lives < HALF_LIVES:
            weights[article_id] += 0.5**half_lives
    most = max(weights.values(), default=1)
    expected = {one: weight / most for one, weight in weights.items()}
    assert shares(of(done).trending(as_of)) == pytest.approx(expected, rel=1e-4)


@given(interactions(), seeds, moments)
def test_neither_order_nor_batches_nor_repeats_matter(done: list[Interaction], pick: Random, as_of: int):
    at_once = of(done)
    shuffled = pick.sample(done, len(done)) + pick.sample(done, len(done) // 2)
    popularity = Popularity(FEW)
    while shuffled:
        size = pick.choice([1, 2, 7, 30])
        batch, shuffled = shuffled[:size], shuffled[size:]
        popularity = popularity.with_interactions(batch)
    assert both(popularity, as_of) == both(at_once, as_of)


@given(interactions(), moments, moments)
def test_what_is_old_may_go_without_a_change(done: list[Interaction], one: int, other: int):
    forgotten, now = sorted((one, other))
    popularity = of(done)
    kept = popularity.kept_from(forgotten)
    assert both(kept, now) == both(popularity, now)
    assert kept is popularity or len(kept) < len(popularity)
    fresh = [one for one in done if one.at >= FEW.first_counted(forgotten) * BUCKET]
    assert both(of(fresh), now) == both(popularity, now)  # rows that are that old may be deleted
    assert both(kept.with_interactions(done), now) == both(popularity, now)


@given(interactions(), interactions(), moments)
def test_what_was_frozen_stays_as_it_was(before: list[Interaction], after: list[Interaction], as_of: int):
    popularity = of(before)
    told = both(popularity, as_of)
    popularity.with_interactions(after)
    fork = popularity.with_interactions([read("آخر", 9, 1)])
    assert both(popularity, as_of) == told
    assert both(fork, as_of) == both(of([*before, read("آخر", 9, 1)]), as_of)


@given(interactions(), interactions(), moments)
def test_the_past_knows_nothing_of_what_came_later(done: list[Interaction], later: list[Interaction], as_of: int):
    after = [one._replace(at=one.at - START + (as_of // BUCKET + 1) * BUCKET) for one in later]
    assert both(of([*done, *after]), as_of) == both(of(done), as_of)


def test_one_reader_counts_once_however_often():
    done = [read("أ", 1, minute, Act.CLICK) for minute in range(120)] + [read("ب", 2, 0), read("ب", 3, 100)]
    assert shares(of(done).most_read(END)) == {}
    assert shares(of(done).most_read(START + 120 * MINUTE)) == {"ب": 1.0, "أ": 0.5}


def test_a_reader_who_comes_back_counts_at_the_latest_time():
    done = [read("أ", 1, 0), read("أ", 1, 200)]
    assert shares(of(done).most_read(START + 300 * MINUTE)) == {"أ": 1.0}


def test_impressions_are_no_readings():
    assert both(of([read("أ", 1, 0, Act.IMPRESSION)]), START) == [{}, {}]


def test_a_bot_counts_nothing_in_its_hour_and_a_reader_in_the_next():
    done = [read(one, 1, 5) for one in "أبجد"] + [read("أ", 1, 65), read("ه", 2, 5)]
    assert shares(of(done).most_read(START + 30 * MINUTE)) == {"ه": 1.0}
    assert shares(of(done).most_read(START + 90 * MINUTE)) == {"أ": 1.0, "ه": 1.0}


def test_a_bot_that_is_found_late_is_taken_out():
    popularity = of([read(one, 1, 5) for one in "أبج"])
    assert shares(popularity.most_read(START)) == {"أ": 1.0, "ب": 1.0, "ج": 1.0}
    assert shares(popularity.with_interactions([read("د", 1, 6)]).most_read(START)) == {}


def test_what_has_no_reader_counts_once_a_minute_and_is_no_bot():
    done = [read("أ", None, minute) for minute in (0, 0, 0, 1)] + [read(one, None, 0) for one in "بجده"]
    assert shares(of(done).most_read(START)) == {"أ": 1.0, "ب": 0.5, "ج": 0.5, "د": 0.5, "ه": 0.5}


def test_times_that_have_no_bucket_are_passed_over():
    done = [Interaction(Act.READ, "أ", at, 1) for at in (-1, 2**62)]
    assert len(of(done)) == 0


def test_articles_beyond_those_that_have_a_number_do_not_count(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "ARTICLES", 2)
    assert shares(of([read(one, 1, 0) for one in "أبج"]).most_read(START)) == {"أ": 1.0, "ب": 1.0}


def test_equal_shares_stand_in_one_block():
    ranking = Ranking(list("أبجدهو"), np.array([1.0, 0.5, 0.5, 0.5, 0.2, 0.1]))
    blocks = [[one for one, _ in block] for block in ranking.blocks(2)]
    assert blocks == [["أ", "ب", "ج", "د"], ["ه", "و"]]


@pytest.mark.parametrize(
    "numbers",
    [
        {"most_read_hours": 0},
        {"half_life_hours": -1},
        {"articles_an_hour": 0},
        {"retention_days": 0.5},
        {"half_life_hours": 24.0},
    ],
)
def test_rules_outside_their_limits_are_refused(numbers: dict[str, float]):
    with pytest.raises(QueryError):
        ReadingRules(**numbers)  # type: ignore[arg-type]  # names from a table


def test_what_counts_no_more_takes_no_room():
    popularity = of([read("أ", reader, minute) for reader, minute in enumerate(range(0, 540, 10))])
    assert popularity.kept_from(END - 3 * HOUR * BUCKET) is popularity
    kept = popularity.kept_from(END)
    assert len(kept) == 36  # of six hours, one each ten minutes
    assert kept.ids == ["أ"]
    assert kept.kept_from(END) is kept
    assert len(popularity.kept_from(END + 9 * HOUR * BUCKET)) == 0
