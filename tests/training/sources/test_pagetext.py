"""The text of a page: the article comes out whole, what stands around it says what it has to say and goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.errors import RecordError
from tests.support.webpages import CHOSEN, HEADLINES, PARAGRAPHS, TITLE, Shown, text_page
from training.sources.document import Document
from training.sources.pagetext import Reading, explained_text
from training.sources.patterns import PagePatterns

PATTERNS = PagePatterns.load()
BODY = "\n\n".join(PARAGRAPHS)
BOXES = (
    ("أخبار ذات صلة", HEADLINES),
    ("اخر الاخبار", HEADLINES[::-1]),
    ("فن وموسيقى", HEADLINES),
    ("صحة وتغذية", HEADLINES[:3]),
    ("الأخبار الأكثر قراءة", HEADLINES),
)


def explained(text: str, name: str = "saved/page.txt", url: str | None = None) -> Reading:
    return explained_text(Document(text.encode(), name, url), PATTERNS)


def record(text: str, name: str = "saved/page.txt", url: str | None = None) -> dict[str, Any]:
    value = explained(text, name, url).value
    assert isinstance(value, dict), value
    Article.from_record(value)
    return value


def test_page_becomes_a_record() -> None:
    assert record(text_page(Shown(chosen=CHOSEN), boxes=BOXES)) == {
        "id": "page",
        "title": "أعلنت بلدية مرسى الزيتون صباح اليوم افتتاح الجسر الجديد أمام المارة والسيارات…",
        "body": BODY,
        "section": "محليات",
        "source": "الضحى اليوم",
        "links": list(CHOSEN),
    }


def test_what_was_taken_off_is_told_in_its_order_with_the_reason() -> None:
    taken = explained(text_page(Shown(chosen=CHOSEN), boxes=BOXES[:1])).taken
    assert [one.kind for one in taken] == [
        *("breadcrumb", "caption", "dateline", "heading", "link", "link", "share", "heading"),
        *("pasted",) * 4,
    ]
    assert all(one.why for one in taken)
    assert taken[3].why == "قد يهمكم?(?: ايضا)?"


@pytest.mark.parametrize("heading", ["قد يهمك ايضـــًا", "قَد يُهمّكَ أيضاً:", "إقرأ أيضاً", "شاهد أيضا", "قد يهمكم أيضا"])
def test_box_in_the_middle_gives_links_and_the_text_goes_on(heading: str) -> None:
    found = record("\n\n".join([*PARAGRAPHS[:2], heading, *CHOSEN, *PARAGRAPHS[2:]]))
    assert found["body"] == BODY
    assert found["links"] == list(CHOSEN)


def test_short_line_with_which_the_text_goes_on_after_a_box_stays() -> None:
    line = "وأضاف أن الجسر مفتوح للجميع"
    assert line in record("\n".join([PARAGRAPHS[0], "قد يهمك أيضا", *CHOSEN, line, PARAGRAPHS[1]]))["body"]


def test_chosen_headline_in_the_line_of_its_heading_is_a_link() -> None:
    found = record(f"{PARAGRAPHS[0]}\nاقرأ أيضًا: {CHOSEN[0]}.\nقد يهمك أيضا |{CHOSEN[1]}\n{PARAGRAPHS[1]}")
    assert found["links"] == list(CHOSEN)
    assert found["body"] == "\n\n".join(PARAGRAPHS[:2])


def test_section_box_under_a_chosen_box_gives_no_links() -> None:
    found = record("\n".join([*PARAGRAPHS, "قد يهمك أيضا", *CHOSEN, "رياضة", *HEADLINES]))
    assert found["links"] == list(CHOSEN)
    assert found["body"] == BODY


def test_boxes_whose_headings_nobody_knows_go() -> None:
    assert record("\n".join([*PARAGRAPHS, "في رحاب المدينة", *HEADLINES]))["body"] == BODY
    whole = [line.rstrip("…") for line in HEADLINES]
    page = "\n".join(["الرئيسية » محليات", *PARAGRAPHS, "في رحاب المدينة", *whole, "أوراق", *whole])
    assert record(page)["body"] == BODY


@pytest.mark.parametrize(
    "ending",
    [
        ["الفائزون في السباق", "سالم البحري من نادي المنارة", "ليلى النخيل من نادي الميناء القديم"],
        ["قال الشاعر", "يا جسر إن النهر تحتك قد جرى", "والريح تعبر فوقك الآن وتمضي"],
    ],
)
def test_list_with_which_an_article_ends_stays(ending: list[str]) -> None:
    assert record("\n".join([*PARAGRAPHS, *ending]))["body"] == "\n\n".join([*PARAGRAPHS, *ending])


@pytest.mark.parametrize(
    ("crumbs", "section"),
    [
        ("الرئيسية » أخبار السياسة والسياسيين", "أخبار السياسة والسياسيين"),
        ("الصفحة الرئيسية > محليات > بلديات", "بلديات"),
        (f"الرئيسية / محليات / {TITLE}", "محليات"),
        (f"الرئيسية / محليات / {TITLE[:20]}…", "محليات"),
        ("الرئيسية", None),
    ],
)
def test_section_is_the_last_crumb_that_is_not_the_article(crumbs: str, section: str | None) -> None:
    found = record(f"{crumbs}\n{TITLE}\n{BODY}")
    assert found.get("section") == section
    assert found["title"] == TITLE
    assert found["body"] == BODY


@pytest.mark.parametrize(
    ("above", "title", "source"),
    [
        ([TITLE], TITLE, None),
        ([TITLE, "مرسى الزيتون - الضحى اليوم"], TITLE, "الضحى اليوم"),
        ([TITLE, "رئيسة البلدية خلال الافتتاح"], TITLE, None),
        ([TITLE, "رئيسة البلدية", "مرسى الزيتون - وكالات"], TITLE, None),
        (["الضحى اليوم – سالم البحري"], None, "الضحى اليوم"),
        (["رئيسة البلدية: الجسر متين ولن يغلق"], "رئيسة البلدية: الجسر متين ولن يغلق", None),
        (["صدر عن البلدية البيان التالي:"], None, None),
        (["كلمتان فقط"], None, None),
    ],
)
def test_lines_above_the_article(above: list[str], title: str | None, source: str | None) -> None:
    found = record("\n".join([*above, *PARAGRAPHS]))
    assert (found["title"] == title) if title else found["title"].endswith("…") or found["title"] in above[0]
    assert found.get("source") == source
    assert found["body"].endswith(BODY)


def test_page_is_named_by_the_address_in_it_or_by_its_file() -> None:
    assert record(f"{BODY}\nرابط الخبر: https://duha.example/a?utm_source=x")["id"] == "https://duha.example/a"
    two = f"{BODY}\nhttps://duha.example/a\nhttps://duha.example/b"
    assert record(two, "in/2026.جسر.txt.gz")["id"] == "2026.جسر"
    assert "url" not in record(two)
    assert record(BODY, url="https://Duha.example/?p=12")["id"] == "12"
    assert record(f"{BODY}\nhttps://[broken", "x.txt")["id"] == "x"
    assert record(BODY, "-")["id"] == "-"


def test_page_without_text_is_refused() -> None:
    for text in ("", " \n ", "الرئيسية » محليات\nأخبار ذات صلة\n" + "\n".join(HEADLINES)):
        value = explained(text).value
        assert isinstance(value, RecordError)
        assert value.reason == "no_text"


def test_text_that_is_no_page_is_refused() -> None:
    value = explained_text(Document(b"a " * 2_100_000, "big.txt"), PATTERNS).value
    assert isinstance(value, RecordError)
    assert value.reason == "too_large"


WORDS = st.sampled_from(["الجسر", "النهر", "المدينة", "القوارب", "الميناء", "الحديقة", "المنارة", "السوق", "القطار"])
SENTENCES = st.lists(WORDS, min_size=6, max_size=40).map(lambda words: "أعلنت " + " ".join(words) + ".")
HEADINGS = st.sampled_from(["قد يهمك أيضا", "أخبار ذات صلة", "اخر الاخبار", "الأخبار الأكثر قراءة", "قد يهمك ايضـــًا"])
UNKNOWN = st.sampled_from(["رياضة", "فن وموسيقى", "صحة وتغذية", "عالم السيارات"])


@st.composite
def boxes(draw: st.DrawFn, headings: st.SearchStrategy[str] = HEADINGS) -> list[str]:
    lines = draw(st.lists(st.lists(WORDS, min_size=4, max_size=9), min_size=2, max_size=5))
    return [draw(headings), *("شاهدوا " + " ".join(line) + "…" for line in lines)]


@given(st.lists(SENTENCES, min_size=1, max_size=6), st.lists(boxes(), max_size=3), st.data())
def test_prose_comes_out_whole_and_no_headline_with_it(
    prose: list[str], between: list[list[str]], data: st.DataObject
) -> None:
    lines = [[line] for line in prose]
    for box in between:
        lines.insert(data.draw(st.integers(1, len(lines))), box)
    lines.extend(data.draw(st.lists(boxes(HEADINGS | UNKNOWN), max_size=4)))
    assert record("\n\n".join("\n".join(part) for part in lines))["body"].split("\n\n") == prose


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_stands_there_is_a_record_or_an_error(content: bytes) -> None:
    value = explained_text(Document(content, "x.txt"), PATTERNS).value
    assert isinstance(value, RecordError) or (value["title"].strip() and value["body"].strip())
