"""The generator: articles in the order of time, with stories and copies, the same for a seed every time."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.generator import BLOCK, DAYS, Generator, outline
from benchmarks.generator.__main__ import write
from models.analysis import Analyzer
from models.article import Article

COUNT = 2 * BLOCK + 100


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(COUNT, 1)


@pytest.fixture(scope="module")
def records(generator: Generator) -> list[dict[str, Any]]:
    return [record for block in generator.blocks() for record in block]


def test_every_record_is_an_article_of_its_own(records: list[dict[str, Any]]) -> None:
    articles = [Article.from_record(record) for record in records]
    assert len({article.id for article in articles}) == COUNT
    assert 0.99 * COUNT < len({article.body for article in articles}) < COUNT  # a few copies are letter by letter
    assert all(article.section and article.source for article in articles)


def test_articles_come_in_the_order_of_time_over_eight_years(records: list[dict[str, Any]]) -> None:
    times = [record["published_at"] for record in records]
    assert times == sorted(times)
    assert times[0] < "2018-02"
    assert times[-1] > "2025-12"


def test_one_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write(tmp_path / name, 50, seed)
    one, again, other = ((tmp_path / name).read_bytes() for name in ("one", "again", "other"))
    assert one == again
    assert one != other
    assert len([json.loads(line) for line in gzip.decompress(one).splitlines()]) == 50


def test_lines_are_the_records(generator: Generator, records: list[dict[str, Any]]) -> None:
    assert [json.loads(line) for block in generator.lines() for line in block.splitlines()] == records


def test_articles_have_two_hundred_words_and_one_common_vocabulary(records: list[dict[str, Any]]) -> None:
    words = Counter(word for record in records for word in record["body"].split())
    assert 180 < words.total() / COUNT < 220
    analyzer = Analyzer()
    terms = Counter(term for record in records for term in set(analyzer.terms(record["body"])))
    by_rank = sorted(terms.values(), reverse=True)
    assert by_rank[0] > 20 * by_rank[1000] > 20  # few words are common, most are rare
    assert sum(count == 1 for count in by_rank) > len(by_rank) / 5


def test_stories_have_reports_and_reports_have_copies() -> None:
    plan = outline(20_000, 3)
    reports = Counter(story for story, copy in zip(plan.story.tolist(), plan.copy.tolist(), strict=True) if not copy)
    assert max(reports.values()) == 6
    assert 0.4 < np.mean([count > 1 for count in reports.values()]) < 0.5
    assert 0.15 < (plan.copy > 0).mean() < 0.25
    assert 0 <= plan.seconds.min() < plan.seconds.max() < (DAYS + 30) * 86_400


def test_copies_share_their_words_with_the_original_and_follow_ups_only_their_subject(
    records: list[dict[str, Any]],
) -> None:
    plan = outline(COUNT, 1)
    originals = {int(plan.text[row]): row for row in range(COUNT) if not plan.copy[row]}
    first_of = {int(plan.story[row]): row for row in reversed(range(COUNT)) if not plan.copy[row]}

    def shared(one: int, other: int) -> float:
        words, others = (set(records[row]["body"].split()) for row in (one, other))
        return len(words & others) / min(len(words), len(others))

    copies = [shared(row, originals[int(plan.text[row])]) for row in range(COUNT) if plan.copy[row]]
    firsts = [(row, first_of[int(plan.story[row])]) for row in range(COUNT) if not plan.copy[row]]
    follow_ups = [shared(row, first) for row, first in firsts if row != first]
    strangers = [shared(row, row + 1) for row in range(0, COUNT - 1, 50) if plan.story[row] != plan.story[row + 1]]
    assert np.median(copies) > 0.85
    assert np.median(strangers) < np.median(follow_ups) < 0.6
