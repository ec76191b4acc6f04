"""Pages in the shapes in which sites have them become records; hostile ones become an error, soon."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.errors import RecordError
from tests.support.webpages import (
    ADDRESS,
    CHOSEN,
    HEADLINES,
    HOST,
    PARAGRAPHS,
    PICTURE,
    SITE,
    TITLE,
    Shown,
    accelerated,
    blogger,
    front,
    hand_made,
    login,
    wordpress,
)
from training.sources.document import Document
from training.sources.pages import explained_page
from training.sources.patterns import PagePatterns

PATTERNS = PagePatterns.load()
BODY = "\n\n".join(PARAGRAPHS)
PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
WHOLE = Shown(chosen=CHOSEN)


def value(page: str | bytes, url: str | None = None, **told: Any) -> dict[str, Any] | RecordError:
    content = page if isinstance(page, bytes) else page.encode()
    return explained_page(Document(content, "saved/page.html", url, **told), PATTERNS).value


def record(page: str | bytes, url: str | None = None, **told: Any) -> dict[str, Any]:
    found = value(page, url, **told)
    assert isinstance(found, dict), found
    Article.from_record(found)
    return found


def reason(page: str | bytes, url: str | None = None) -> str:
    found = value(page, url)
    assert isinstance(found, RecordError), found
    return found.reason


def article(data: str = "", head: str = "", text: str = PROSE, body: str = "") -> str:
    script = f'<script type="application/ld+json">{data}</script>' if data else ""
    return f'<html lang="ar"><head>{head}{script}</head><body {body}><h1>{TITLE}</h1><div>{text}</div></body></html>'


def test_theme_of_wordpress() -> None:
    assert record(wordpress(WHOLE)) == {
        "id": "4711",
        "title": TITLE,
        "body": BODY,
        "section": "محليات",
        "published_at": "2026-03-03T07:30:00Z",
        "url": ADDRESS,
        "image_url": PICTURE,
        "source": SITE,
        "author": "راية الميناء",
        "language": "ar",
        "tags": ["الجسر الجديد", "مرسى الزيتون"],
        "links": list(CHOSEN),
    }


def test_blog_of_microdata() -> None:
    assert record(blogger()) == {
        "id": ADDRESS,
        "title": TITLE,
        "body": BODY,
        "published_at": "2026-03-03T07:30:00Z",
        "url": ADDRESS,
        "image_url": PICTURE,
        "author": "راية الميناء",
        "language": "ar",
        "tags": ["محليات"],
    }


@pytest.mark.parametrize("charset", ["utf-8", "windows-1256"])
def test_page_that_says_nothing_of_itself(charset: str) -> None:
    found = record(hand_made(WHOLE).encode(charset), "http://duha.example/show.asp?id=3&utm_source=x")
    assert found == {
        "id": "http://duha.example/show.asp?id=3",
        "title": TITLE,
        "body": BODY,
        "section": "محليات",
        "url": "http://duha.example/show.asp?id=3",
        "source": SITE,
        "links": list(CHOSEN),
    }
    assert record(hand_made(WHOLE).encode(charset))["id"] == "page"


def test_page_for_telephones() -> None:
    found = record(accelerated(WHOLE))
    assert found["body"] == BODY
    assert found["links"] == list(CHOSEN)
    assert (found["section"], found["language"], found["tags"]) == ("محليات", "ar-MA", list(WHOLE.tags))
    assert (found["author"], found["image_url"], found["source"]) == ("راية الميناء", PICTURE, SITE)


@pytest.mark.parametrize("page", [wordpress, blogger, hand_made, accelerated])
def test_no_headline_of_a_box_is_in_the_body(page: Callable[[Shown], str]) -> None:
    body = record(page(WHOLE))["body"]
    for line in (*HEADLINES, *CHOSEN, "قد يهمك", "تعليق", "شارك", "جميع الحقوق", "رئيسة البلدية خلال"):
        assert line.rstrip("…") not in body


def test_what_was_taken_off_is_told() -> None:
    taken = explained_page(Document(wordpress(WHOLE).encode(), "page.html"), PATTERNS).taken
    assert [one.kind for one in taken] == ["heading", "link", "link"]


@pytest.mark.parametrize("page", [front(), login(), "<html></html>", "x", f"<p>{CHOSEN[0]}</p>"])
def test_page_that_is_no_article_is_refused(page: str) -> None:
    assert reason(page) == "no_article"


def test_lists_of_articles_are_refused() -> None:
    cards = "".join(
        f"<h2><a href='/{n}'>{title}</a></h2><p>{text}</p>"
        for n, (title, text) in enumerate(zip(HEADLINES, PARAGRAPHS, strict=True))
    )
    assert reason(f"<html><body>{cards}</body></html>") == "no_article"
    assert reason(article(body='class="archive category"')) == "no_article"
    assert reason(article(body='class="page page-id-7"')) == "no_article"
    assert reason(article('{"@type": "CollectionPage"}')) == "no_article"
    assert reason(article(), "https://duha.example/") == "no_article"
    several = ",".join(f'{{"@type":"NewsArticle","headline":"{title}","datePublished":"2026"}}' for title in CHOSEN)
    assert reason(article(f"[{several}]")) == "no_article"


def test_article_beside_which_others_are_listed_is_read() -> None:
    listed = ",".join(f'{{"@type":"NewsArticle","headline":"{title}","datePublished":"2026"}}' for title in HEADLINES)
    data = f'[{{"@type":"NewsArticle","headline":"{TITLE}"}},{{"@type":"ItemList2","itemListElement":[{listed}]}}]'
    assert record(article(data))["title"] == TITLE


def test_page_without_text_is_refused() -> None:
    assert reason("") == reason(" \n") == "no_text"
    assert reason(article('{"@type":"NewsArticle","headline":"' + TITLE + '"}', text="")) == "no_text"


@pytest.mark.parametrize(
    "data",
    [
        '<!--\n{"@type":"NewsArticle","headline":"%s","datePublished":"2026-03-03"}\n-->',
        '//<![CDATA[\n{"@type":"NewsArticle","headline":"%s","datePublished":"2026-03-03"}\n//]]>',
        '{"@type":"NewsArticle","headline":"%s","x":"a\nb\tc","datePublished":"2026-03-03"};',
        '{"@type":"NewsArticle","headline":"%s","datePublished":"2026-03-03",}',
        '// of the page\n{"@type":"NewsArticle","headline":"%s","datePublished":"2026-03-03"}',
        "{&quot;@type&quot;:&quot;NewsArticle&quot;,&quot;headline&quot;:&quot;%s&quot;,&quot;datePublished&quot;:&quot;2026-03-03&quot;}",
        '{"@graph":[{"@type":"WebPage","mainEntity":{"@type":["http://schema.org/OpinionNewsArticle"],"headline":"%s","datePublished":"2026-03-03"}}]}',
        '[[{"@type":"schema:BlogPosting","name":"%s","datePublished":["2026-03-03"]}]]',
        '{"@type":"NewsArticle","headline":{"@value":"%s"},"datePublished":"Tue, 03 Mar 2026 00:00:00 GMT"}',
    ],
)
def test_structured_data_is_read_as_sites_write_it(data: str) -> None:
    found = record(article(data % "عنوان آخر للجسر الجديد"))
    assert found["title"] == "عنوان آخر للجسر الجديد"
    assert found["published_at"] == "2026-03-03T00:00:00Z"


@pytest.mark.parametrize(
    "data", ["[" * 100_000, '{"a":' * 100_000, "{,,", '"x"', "7", '{"@type":"NewsArticle"', " " * 1_000_000]
)
def test_structured_data_that_is_none_is_passed_over(data: str) -> None:
    assert record(article(data))["body"] == BODY


def test_members_of_the_wrong_kind_are_passed_over() -> None:
    data = (
        '{"@type":["NewsArticle",7],"headline":"%s","datePublished":[[]],"author":[[["x"]],{"name":7},{"name":"سالم"},'
        '{"name":"ليلى"}],"image":[{},{"url":7},{"contentUrl":"javascript:x"}],"@id":{},"keywords":{"x":1},'
        '"publisher":[],"articleBody":{},"inLanguage":{"name":"ar"},"articleSection":[[],"محليات","أخبار"]}'
    )
    crumbs = '{"@type":"BreadcrumbList","itemListElement":[7,{"name":[]},{"position":"x","name":"الرئيسية"}]}'
    found = record(article(f"[{data},{crumbs}]".replace("%s", TITLE)))
    assert (found["author"], found["language"], found["section"]) == ("سالم، ليلى", "ar", "محليات")
    assert not {"published_at", "image_url", "tags", "source"} & set(found)


def test_text_of_the_structured_data_stands_in_for_one_that_is_not_there() -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(PARAGRAPHS)})
    assert record(article(data, text=f"<p>{PARAGRAPHS[0]}</p>"))["body"] == BODY
    assert record(article(data, text=PROSE + "<p>وأكدت ذلك البلدية مرة أخرى.</p>"))["body"].startswith(BODY)


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (f"<title>{TITLE} | {SITE}</title><meta property=og:site_name content='{SITE}'>", TITLE),
        (f"<title>{SITE} - {TITLE}</title>", TITLE),
        (f"<meta property=og:title content='{TITLE} – {SITE}'>", TITLE),
        (f"<meta property=og:title content='{TITLE[:20]}…'>", TITLE),
        ("<meta property=og:title content='عنوان: غير ذلك'>", "عنوان: غير ذلك"),
        ("", TITLE),
    ],
)
def test_title_stands_without_the_name_of_the_site(head: str, title: str) -> None:
    assert record(article(head=head))["title"] == title


def test_title_is_formed_where_there_is_none() -> None:
    assert record(f"<html><body><div>{PROSE}</div></body></html>")["title"].startswith("أعلنت بلدية مرسى الزيتون")


def test_open_graph_says_what_structured_data_does_not() -> None:
    head = (
        "<meta property='og:type' content='article'><meta property='og:url' content='/a?fbclid=1#x'>"
        "<meta property='article:published_time' content='٢٠٢٦-٠٣-٠٣T08:30:00+0100'>"
        "<meta property='article:modified_time' content='2026-04-01'><meta property='article:section' content='محليات'>"
        "<meta property='article:tag' content='جسور'><meta property='article:tag' content='أنهار'>"
        "<meta name='author' content='سالم البحري'><meta property='og:image' content='/bridge.jpg'>"
    )
    found = record(article(head=head), "https://www.duha.example/a")
    assert found["url"] == "https://www.duha.example/a"
    assert found["published_at"] == "2026-03-03T07:30:00Z"
    assert (found["section"], found["tags"], found["author"]) == ("محليات", ["جسور", "أنهار"], "سالم البحري")
    assert found["image_url"] == "https://www.duha.example/bridge.jpg"


@pytest.mark.parametrize(
    ("canonical", "fetched", "url"),
    [
        (f"{HOST}/a#top", None, f"{HOST}/a"),
        (f"{HOST}/a", "https://www.duha.example/a?ref=1", f"{HOST}/a"),
        ("https://other.example/a", f"{HOST}/a", f"{HOST}/a"),
        (f"{HOST}/", f"{HOST}/a", f"{HOST}/a"),
        ("/a", f"{HOST}/b", f"{HOST}/a"),
        ("http://[broken", f"{HOST}/a", f"{HOST}/a"),
        ("https://duha.example:99999999/x", None, None),
        ("javascript:void(0)", None, None),
        ("", None, None),
    ],
)
def test_address_that_the_page_says_is_believed_where_it_can_be(
    canonical: str, fetched: str | None, url: str | None
) -> None:
    found = record(article(head=f'<link rel="canonical" href="{canonical}">'), fetched)
    assert found.get("url") == url
    assert found["id"] == (url or "page")


@pytest.mark.parametrize("link", ["https://duha.example/?p=88", "/?p=88"])
def test_number_of_a_post_is_the_id(link: str) -> None:
    assert record(article(head=f'<link rel=shortlink href="{link}">'), ADDRESS)["id"] == "88"
    assert record(article(body='class="single postid-88"'))["id"] == "88"


def test_crumbs_that_can_be_seen_tell_the_section() -> None:
    crumbs = "<nav aria-label='Breadcrumb'><ol><li><a href='/'>الرئيسية</a></li><li><a href='/l'>محليات</a></li>"
    assert record(article(text=f"{crumbs}<li>{TITLE}</li></ol></nav>{PROSE}"))["section"] == "محليات"


@pytest.mark.parametrize("charset", ["utf-8", "windows-1256", "utf-16"])
@pytest.mark.parametrize("told", [None, "utf-8", "windows-1256", "iso-8859-1x"])
def test_wrong_charset_is_repaired(charset: str, told: str | None) -> None:
    page = article(head="<meta charset='utf-8'>")
    assert record(page.encode(charset), charset=told)["body"] == BODY


def test_plain_text_is_read_as_the_text_of_a_page() -> None:
    found = record(f"{TITLE}\n{BODY}\nقد يهمك أيضا\n{CHOSEN[0]}", media_type="text/plain")
    assert (found["title"], found["body"], found["links"]) == (TITLE, BODY, [CHOSEN[0]])


def test_article_that_is_nested_deeper_than_any_parser_goes_is_read() -> None:
    page = f"<html><body><h1>{TITLE}</h1>{'<div>' * 7_000}{PROSE}{'</div>' * 7_000}</body></html>"
    assert record(page)["body"] == BODY


HOSTILE = {
    "deep": "<div>" * 10_000 + PROSE + "</div>" * 10_000,
    "very deep": "<div>" * 1_000_000 + PROSE,
    "megabytes of elements": "<div>" * 1_100_000,
    "tables": "<table><tr><td>" * 6_000 + PROSE,
    "attributes": "<p " + " ".join(f"a{n}=b" for n in range(200_000)) + ">" + PROSE,
    "long attribute": '<p class="' + "a " * 1_500_000 + '">' + PROSE,
    "quotation marks": "<p>" + '<a href="' * 200_000,
    "comments": "<!--" * 500_000,
    "sections": "<p>" + "<![CDATA[" * 200_000,
    "headings": "<div>" * 55 + "<p>قد يهمك أيضا</p>" * 9_000,
    "title": "<title>" + "a | " * 200_000 + "</title>" + PROSE,
    "crumbs": "<div class=breadcrumb>" * 9_000 + PROSE,
    "characters": "&#" * 100_000 + "&#x110000;&#55555;&#0;&#" + "1" * 5_000 + ";" + PROSE,
    "controls": PROSE + "\x00\x01\x0b\x1f\ufffe\uffff" * 1_000,
    "one paragraph": "<p>" + "كلمة " * 300_000,
    "processing": "<?php " + PROSE,
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE)
def test_hostile_page_is_a_record_or_an_error(page: str) -> None:
    found = value(f"<html><body>{page}")
    assert isinstance(found, RecordError) or PARAGRAPHS[-1] in found["body"]


def test_garbage_is_an_error() -> None:
    for size in (10, 1_000, 100_000):
        assert reason(os.urandom(size)) in {"no_article", "no_text"}


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_stands_there_is_a_record_or_an_error(content: bytes) -> None:
    for page in (content, b"<html><body>" + content + PROSE.encode()):
        found = value(page)
        assert isinstance(found, RecordError) or found["title"].strip()


@given(
    st.lists(
        st.sampled_from(["<div>", "</div>", "<p>", "</p>", "<script>", "<!--", "-->", "<a href='x'>", "<h1>", "س"])
    )
)
def test_broken_markup_is_a_record_or_an_error(pieces: list[str]) -> None:
    found = value("".join(pieces) + PROSE + "".join(reversed(pieces)))
    assert isinstance(found, RecordError | dict)


def test_article_is_shown_by_its_own_title() -> None:
    other = dataclasses.replace(WHOLE, title="عنوان - فيه شرطة: ونقطتان")
    for page in (wordpress, accelerated, blogger, hand_made):
        assert record(page(other))["title"] == other.title
