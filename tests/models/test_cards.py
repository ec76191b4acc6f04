"""models.cards: the record of a row, out of a mapped file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.cards import CardFile

ARTICLES = [
    Article(id="1", title="خبر أول", body="نص\nعلى سطرين\u2028وثالث", tags=("أ", "ب")),
    Article(id="a/b", title="English 🗞️", url="https://news.example/2"),
    Article(id="3", title="خبر ثالث", section="رياضة"),
]


def write(path: Path, articles: list[Article]) -> np.ndarray:
    """The articles one a line; the span of each."""
    spans = []
    with path.open("wb") as file:
        for article in articles:
            first = file.tell()
            file.write(json.dumps(article.to_record(), ensure_ascii=False).encode() + b"\n")
            spans.append((first, file.tell()))
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def test_each_row_gives_its_article(tmp_path: Path):
    path = tmp_path / "articles.jsonl"
    cards = CardFile.open(path, write(path, ARTICLES))
    assert [cards.article(row) for row in range(3)] == ARTICLES


def test_rows_need_not_stand_in_the_order_of_the_file(tmp_path: Path):
    path = tmp_path / "articles.jsonl"
    cards = CardFile.open(path, write(path, ARTICLES)[[2, 0, 1]])
    assert [cards.article(row).id for row in range(3)] == ["3", "1", "a/b"]


def test_an_empty_file_holds_no_card(tmp_path: Path):
    path = tmp_path / "articles.jsonl"
    cards = CardFile.open(path, write(path, []))
    with pytest.raises(IndexError):
        cards.article(0)


def test_a_card_stays_readable_after_its_file_was_removed(tmp_path: Path):
    path = tmp_path / "articles.jsonl"
    cards = CardFile.open(path, write(path, ARTICLES))
    path.unlink()
    assert cards.article(1) == ARTICLES[1]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), max_size=6))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, bodies: list[str]):
    articles = [
        Article.from_record({"id": number, "title": "خبر", "body": body}) for number, body in enumerate(bodies, 1)
    ]
    path = tmp_path_factory.mktemp("cards") / "articles.jsonl"
    cards = CardFile.open(path, write(path, articles))
    assert [cards.article(row) for row in range(len(articles))] == articles


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20), max_size=6))
def test_a_card_is_what_lists_show_of_the_article(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    articles = [
        Article.from_record({"id": text, "title": f"خبر {text}", "section": text, "published_at": "2025-03-01T10:00"})
        for text in texts
    ]
    path = tmp_path_factory.mktemp("cards") / "articles.jsonl"
    cards = CardFile.open(path, write(path, articles))
    for row, article in enumerate(articles):
        card = cards.card(row)
        assert (
            asdict(card).items()
            <= {"url": None, "section": None, "image_url": None, "source": None, **article.to_record()}.items()
        )
        assert [cards.is_of(row, text) for text in texts] == [text == article.id for text in texts]


def test_an_id_is_known_wherever_it_stands_in_its_record():
    line = '{"title": "خبر", "id": "7"}'.encode()
    cards = CardFile(line, np.array([[0, len(line)]]))
    assert cards.is_of(0, "7")
    assert not cards.is_of(0, "77")
