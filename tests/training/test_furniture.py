"""Furniture: what the pages of a site repeat is learned; what articles say is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import Analyzer, AnalyzerConfig, Furniture
from models.analysis.boilerplate import learned
from models.article import Article
from training.furniture import BlockLines, Repeats, lines_of, read_lines

ANALYZER = Analyzer()
FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
PROMPT = "هذه الصفحة برعاية أصدقاء المرفأ القديم"
BIO = "كاتب من مرسى الزيتون يراقب المدينة من نافذته"


def story(number: int, body: str = "{}", **given: object) -> Article:
    """An article unlike any other, a day after the one before; ``{}`` is where its text stands in the body."""
    text = f"تروي الحكاية رقم {number} قصة بيت في الحارة {number * 7} ونافذته المطلة على البحر."
    members = {"source": "الضحى", "published_at": FIRST_DAY + timedelta(days=number), **given}
    return Article(f"{members['source']}-{number}", f"حكاية البيت {number}", body.format(text), **members)


def reader(articles: Sequence[Article]) -> Callable[[int], tuple[Article, set[tuple[str, str]]]]:
    return lambda place: (articles[place], lines_of(ANALYZER, articles[place]))


def block_lines(articles: Sequence[Article]) -> BlockLines:
    return read_lines(articles, [ANALYZER.clean(article.body).paragraphs for article in articles])


def furniture_of(articles: Sequence[Article], block: int = 500, **config: object) -> list[Furniture]:
    repeats = Repeats()
    for first in range(0, len(articles), block):
        repeats.add(block_lines(articles[first : first + block]))
    return repeats.chosen(AnalyzerConfig(**config), reader(articles))


def lines(articles: Sequence[Article], **config: object) -> list[str]:
    return [one.line for one in furniture_of(articles, **config)]


def test_line_of_many_stories_is_furniture_and_leaves_every_article() -> None:
    articles = [story(number, "{}\n\n" + PROMPT) for number in range(12)] + [story(number) for number in range(12, 40)]
    (found,) = furniture_of(articles)
    assert (found.kind, found.site, found.articles, found.share) == ("line", "الضحى", 12, 0.3)
    cleaned = Analyzer(learned=learned([found])).clean(articles[0].body)
    assert cleaned.paragraphs == (story(0).body,)
    assert cleaned.removed == (("repeated", PROMPT),)


def test_sentence_after_the_last_or_before_the_first_is_furniture() -> None:
    for body in ("{} " + PROMPT + ".", PROMPT + ". {}"):
        articles = [story(number, body) for number in range(12)]
        analyzer = Analyzer(learned=learned(furniture_of(articles)))
        assert {analyzer.clean(one.body).paragraphs for one in articles} == {(story(n).body,) for n in range(12)}


def test_name_of_the_outlet_before_the_text_goes_with_what_stands_before_it() -> None:
    articles = [story(number, "سالم- الضحى اليوم- {}") for number in range(12)]
    found = furniture_of(articles)
    assert ("head", "الضحي اليوم") in [(one.kind, one.line) for one in found]
    assert Analyzer(learned=learned(found)).clean(articles[3].body).paragraphs == (story(3).body,)


def test_beginning_of_some_articles_is_no_dateline() -> None:
    articles = [story(number, "وزير المرافئ: {}" if number < 20 else "{}") for number in range(600)]
    assert lines(articles) == []


@pytest.mark.parametrize(
    "articles",
    [
        [story(1, "{}\n\n" + PROMPT, published_at=FIRST_DAY + timedelta(days=day)) for day in range(30)],
        [story(number, "{}\n\n" + PROMPT, published_at=FIRST_DAY) for number in range(30)],
        [story(number, "{}\n\n" + PROMPT) for number in range(9)],
        [story(number, "{}\n\n" + PROMPT) for number in range(12)] + [story(number) for number in range(12, 1300)],
        [story(number, PROMPT * 8 + "\n\n{}") for number in range(30)],
    ],
    ids=["one text printed again", "one day", "too few", "too small a share", "a long line"],
)
def test_what_repeats_otherwise_is_no_furniture(articles: list[Article]) -> None:
    assert lines(articles) == []


def test_rewritten_headlines_do_not_make_a_copy_furniture() -> None:
    copies = [story(1, "{}\n\n" + PROMPT, published_at=FIRST_DAY + timedelta(days=day)) for day in range(30)]
    renamed = [
        Article(**{**one.to_record(), "title": f"عنوان {day}", "published_at": one.published_at})
        for day, one in enumerate(copies)
    ]
    assert lines(renamed) == []


def test_sites_are_counted_apart() -> None:
    ours = [story(number, "{}\n\n" + PROMPT) for number in range(12)]
    theirs = [story(number, source="الميناء") for number in range(100, 1500)]
    (found,) = furniture_of([*ours, *theirs])
    assert (found.site, found.share) == ("الضحى", 1.0)


def test_site_is_the_host_where_no_source_is_given_and_undated_articles_count() -> None:
    articles = [
        story(number, "{}\n\n" + BIO, source=None, published_at=None, url=f"https://duha.example/{number}")
        for number in range(12)
    ]
    assert [(one.site, one.line) for one in furniture_of(articles)] == [
        ("duha.example", "كاتب من مرسي الزيتون يراقب المدينه من نافذته")
    ]


def test_settings_say_how_often() -> None:
    articles = [story(number, "{}\n\n" + PROMPT if number < 6 else "{}") for number in range(30)]
    assert lines(articles) == []
    assert lines(articles, repeat_articles=5) == ["هذه الصفحه برعايه اصدقاء المرفا القديم"]
    assert lines(articles, repeat_articles=5, repeat_share=0.5) == []


def test_nothing_read_has_no_furniture() -> None:
    assert furniture_of([]) == []


@given(st.integers(1, 50), st.integers(100, 400))
def test_little_memory_and_small_blocks_find_what_much_memory_finds(block: int, most: int) -> None:
    articles = [story(number, "{}\n\n" + PROMPT + "\n\n" + BIO) for number in range(150)]
    small, large = Repeats(most), Repeats()
    for first in range(0, len(articles), block):
        for repeats in (small, large):
            repeats.add(block_lines(articles[first : first + block]))
    found, all_of_it = (repeats.chosen(AnalyzerConfig(), reader(articles)) for repeats in (small, large))
    assert [one.line for one in found] == [one.line for one in all_of_it]
    assert all(one.articles <= other.articles == 150 for one, other in zip(found, all_of_it, strict=True))
