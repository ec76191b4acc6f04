"""Blocks: a file for what was counted, found again by whoever needs the same, and never believed when it is damaged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from socket import gethostname

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import Analyzer, AnalyzerConfig
from models.analysis.boilerplate import Learned
from models.article import Article
from models.errors import TrainingRefused
from models.tfidf import Weighting
from tests.support.newsroom import topic_records
from training.blocks import Block, Recipe, count, made

WORLD = [Article.from_record(record) for record in topic_records()][:6]
RECIPE = Recipe(AnalyzerConfig(), Weighting())
PROMPT = "هذه الصفحة برعاية أصدقاء المرفأ القديم"
PIECES = [
    "أكد الوزير ذلك أمام المجلس.",
    PROMPT,
    PROMPT + ".",
    "الضحى اليوم- قال شاهد",
    "قد يهمك أيضا",
    "سرقة متحف",
    "x",
]
LEARNED = Learned(frozenset({"هذه الصفحه برعايه اصدقاء المرفا القديم"}), frozenset({"الضحي اليوم"}))


def staged(path: Path, articles: Sequence[Article]) -> tuple[int, int]:
    path.write_text("".join(json.dumps(article.to_record()) + "\n" for article in articles), encoding="utf-8")
    return 0, path.stat().st_size


def same(one: Block, other: Block) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Block))


def test_block_is_made_once_and_found_by_the_next(tmp_path: Path) -> None:
    span = staged(tmp_path / "articles", WORLD)
    file, articles, there = made(RECIPE, tmp_path, tmp_path / "articles", span)
    assert (articles, there) == (len(WORLD), False)
    assert same(Block.load(file), count(RECIPE, WORLD))
    assert made(RECIPE, tmp_path, tmp_path / "articles", span) == (file, articles, True)
    assert {path.name for path in tmp_path.iterdir()} == {"articles", file.name}


@pytest.mark.parametrize(
    "other",
    [
        Recipe(AnalyzerConfig(min_length=3), Weighting()),
        Recipe(AnalyzerConfig(), Weighting(lead_terms=5)),
        Recipe(AnalyzerConfig(), Weighting(), LEARNED),
    ],
)
def test_another_recipe_makes_another_file(tmp_path: Path, other: Recipe) -> None:
    span = staged(tmp_path / "articles", WORLD)
    file, _, _ = made(RECIPE, tmp_path, tmp_path / "articles", span)
    assert made(other, tmp_path, tmp_path / "articles", span)[0] != file


def test_other_articles_make_another_file(tmp_path: Path) -> None:
    span = staged(tmp_path / "articles", WORLD)
    file, _, _ = made(RECIPE, tmp_path, tmp_path / "articles", span)
    some, articles, _ = made(RECIPE, tmp_path, tmp_path / "articles", span, np.array([1, 3]))
    assert articles == 2
    assert some != file
    assert same(Block.load(some), count(RECIPE, [WORLD[1], WORLD[3]]))
    changed = staged(tmp_path / "articles", [*WORLD[:-1], Article("new", "خبر")])
    assert made(RECIPE, tmp_path, tmp_path / "articles", changed)[2] is False


def test_machine_that_does_not_see_the_staged_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingRefused, match=f"{gethostname()} does not see .*--blocks"):
        made(RECIPE, tmp_path, tmp_path / "articles", (0, 10))


@pytest.mark.parametrize("content", [b"", b"PK", None], ids=["empty", "short", "cut"])
def test_damaged_file_is_made_again(tmp_path: Path, content: bytes | None) -> None:
    span = staged(tmp_path / "articles", WORLD)
    file, _, _ = made(RECIPE, tmp_path, tmp_path / "articles", span)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert made(RECIPE, tmp_path, tmp_path / "articles", span) == (file, len(WORLD), False)
    assert same(Block.load(file), count(RECIPE, WORLD))


@given(st.lists(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", "\n"])), max_size=6), max_size=4))
def test_articles_that_learned_furniture_does_not_touch_stay_as_they_are(bodies: list[list[tuple[str, str]]]) -> None:
    articles = [Article(str(n), "عنوان", "".join(map("".join, pieces))) for n, pieces in enumerate(bodies)]
    touched = count(RECIPE, articles).touched_by(LEARNED).tolist()
    plain, knowing = Analyzer(), Analyzer(learned=LEARNED)
    for place, article in enumerate(articles):
        if place not in touched:
            assert plain.clean(article.body) == knowing.clean(article.body)


def test_only_articles_with_the_learned_line_are_touched() -> None:
    block = count(RECIPE, [Article("1", "عنوان", PIECES[0]), Article("2", "عنوان", f"{PIECES[0]}\n{PROMPT}")])
    assert block.touched_by(LEARNED).tolist() == [1]
    assert block.touched_by(Learned()).tolist() == []
