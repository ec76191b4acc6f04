"""Entries of feeds are articles, in whatever dialect; what is none is told, and nothing hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.errors import FetchError, RecordError, SourceError
from tests.support import syndication
from tests.support.site import articles
from training.sources.document import Document
from training.sources.feeds import PageReader, read_feed
from training.sources.record import SourceRecord

ATOM = "http://www.w3.org/2005/Atom"
FEEDBURNER = "http://rssnamespace.org/feedburner/ext/1.0"
BASE = "https://site.example"
PUBLISHED = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def document(text: str | bytes, url: str | None = f"{BASE}/feed", charset: str | None = None) -> Document:
    return Document(text if isinstance(text, bytes) else text.encode(), "feed", url, "application/xml", charset)


def read(text: str | bytes, full: PageReader | None = None, **told: Any) -> list[dict[str, Any] | RecordError]:
    return [record.value for record in read_feed(document(text, **told), full)]


def only(text: str | bytes, full: PageReader | None = None, **told: Any) -> dict[str, Any]:
    (value,) = read(text, full, **told)
    assert isinstance(value, dict), value
    return value


def reason(text: str | bytes, full: PageReader | None = None) -> str:
    (value,) = read(text, full)
    assert isinstance(value, RecordError)
    return value.reason


def rss(*items: str, head: str = "<title>موقع</title>") -> str:
    entries = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" {syndication.NAMESPACES}><channel>{head}{entries}</channel></rss>'


def atom(entry: str, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>موقع</title><entry>{entry}</entry></feed>'


def item(more: str = "", title: str = "خبر", link: str = f"{BASE}/a") -> str:
    return rss(f"<title>{title}</title><link>{link}</link>{more}")


def encoded(text: str) -> str:
    return f"<content:encoded><![CDATA[{text}]]></content:encoded>"


def at_home(given: Iterable[Article]) -> list[Article]:
    """Articles as a site has them."""
    return [
        replace(
            article,
            url=f"{BASE}/{article.id}",
            image_url=f"{BASE}/{article.id}.jpg",
            source=syndication.SITE,
            language="ar",
        )
        for article in given
    ]


@pytest.mark.parametrize("write", [syndication.rss, syndication.atom])
def test_the_same_articles_come_out_of_every_dialect(write: Callable[..., str]) -> None:
    own = at_home(articles())
    assert [Article.from_record(dict(value)) for value in read(write(own, BASE)) if isinstance(value, dict)] == own


def test_where_no_number_is_told_the_address_is_the_id() -> None:
    own = at_home(articles())
    found = [Article.from_record(value) for value in read(syndication.rdf(own, BASE)) if isinstance(value, dict)]
    assert found == [replace(article, id=str(article.url)) for article in own]


def test_records_say_where_they_stood() -> None:
    found = list(read_feed(document(rss("<title>أ</title><guid>1</guid>", "", "<title>ب</title><guid>2</guid>"))))
    assert [(record.source, record.line) for record in found] == [("feed", 1), ("feed", 2), ("feed", 3)]
    assert isinstance(found[1], SourceRecord)
    assert isinstance(found[1].value, RecordError)


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
)
lines = words.map(lambda text: " ".join(text.split()))
titles = lines.filter(lambda text: any(letter.isalnum() for letter in text))


@given(titles, st.lists(lines.filter(bool), max_size=3), st.lists(titles, max_size=3, unique=True))
@pytest.mark.parametrize("write", [syndication.rss, syndication.atom])
def test_any_text_comes_back(write: Callable[..., str], title: str, paragraphs: list[str], tags: list[str]) -> None:
    body = "\n\n".join(paragraphs)
    article = Article("7", title, body, "محليات", PUBLISHED, tags=tuple(tag for tag in tags if tag != "محليات"))
    (own,) = at_home([article])
    (value,) = read(write([own], BASE))
    assert isinstance(value, dict)
    found = Article.from_record(value)
    assert (found.title, found.body) == (own.title, own.body)
    assert (found.id, found.section, found.published_at) == ("7", "محليات", PUBLISHED)


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("<description>ملخص &lt;b&gt;قصير&lt;/b&gt;</description>", "ملخص قصير"),
        (
            "<description>ملخص</description><content:encoded><![CDATA[<p>أول</p><p>ثان</p>]]></content:encoded>",
            "أول\n\nثان",
        ),
        ("<description>ملخص</description><content:encoded> </content:encoded>", "ملخص"),
        ("<description>قال <b>الوزير</b> إن<p>نعم</p></description>", "قال الوزير إن\n\nنعم"),
        ("<description>a&nbsp;b &laquo;c&raquo; &amp;quot;d&amp;quot;</description>", 'a b «c» "d"'),
        (
            encoded("<p>نص</p><p>ظهرت المقالة <a>خبر</a> أولاً على <a>موقع</a>.</p>"),
            "نص",
        ),
        (
            encoded("<p>نص</p><p>The post <a>خبر</a> appeared first on <a>x</a>.</p>"),
            "نص",
        ),
        ("", None),
    ],
)
def test_the_whole_text_counts_before_a_summary(more: str, body: str | None) -> None:
    assert only(item(more)).get("body") == body


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ('<content type="html">&lt;p&gt;أ&lt;/p&gt;&lt;p&gt;ب&lt;/p&gt;</content>', "أ\n\nب"),
        ("<content>أ &lt;b&gt; ب &amp;amp;</content>", "أ <b> ب &amp;"),
        ('<content mode="escaped">أ &lt;b&gt;ب&lt;/b&gt;</content>', "أ ب"),
        ('<content type="image/png">aGVsbG8=</content><summary>ملخص</summary>', "ملخص"),
        ('<content type="html" src="https://site.example/a"/><summary>ملخص</summary>', "ملخص"),
        (
            '<content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml">أ<x:br/>ب &lt;p&gt;</x:div></content>',
            "أ\n\nب <p>",
        ),
    ],
)
def test_a_text_of_atom_is_what_its_type_says(content: str, body: str) -> None:
    assert only(atom(f'<title>خبر</title><link href="{BASE}/a"/>{content}'))["body"] == body


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<![CDATA[ R&amp;D <b>اليوم</b> ]]>", "R&D اليوم"),
        ("&amp;quot;خبر&amp;quot; &amp;#8211; عاجل", '"خبر" – عاجل'),
        ("5 &lt; 7 و AT&amp;T", "5 < 7 و AT&T"),
        ("خبر&nbsp;عاجل & آخر", "خبر عاجل & آخر"),
    ],
)
def test_titles_are_plain_text(written: str, title: str) -> None:
    assert only(item(title=written))["title"] == title


@pytest.mark.parametrize(
    ("entry", "known", "url"),
    [
        (f"<link>{BASE}/a?utm_source=rss#top</link>", f"{BASE}/a", f"{BASE}/a"),
        (f'<link>{BASE}/a</link><guid isPermaLink="false">{BASE}/?p=12</guid>', "12", f"{BASE}/a"),
        (f'<link>{BASE}/a</link><guid isPermaLink="false">x-1</guid>', f"{BASE}/a", f"{BASE}/a"),
        (f"<guid>{BASE}/a</guid>", f"{BASE}/a", f"{BASE}/a"),
        (f'<guid isPermaLink="false">{BASE}/a</guid>', f"{BASE}/a", None),
        ("<guid>tag:site.example,2026:1#2</guid>", "tag:site.example,2026:1#2", None),
        ("<link>/a/b</link>", f"{BASE}/a/b", f"{BASE}/a/b"),
        (
            f"<link>https://feeds.example/~r/1</link><f:origLink xmlns:f={FEEDBURNER!r}>{BASE}/a</f:origLink>",
            f"{BASE}/a",
            f"{BASE}/a",
        ),
        (f"<link>javascript:alert(1)</link><guid>{BASE}/a</guid>", f"{BASE}/a", f"{BASE}/a"),
        ("<link>file:///etc/passwd</link><guid>g</guid>", "g", None),
        ("<link>http://[x</link><guid>g</guid>", "g", None),
        (f"<link>  {BASE}/خبر\n</link>", f"{BASE}/خبر", f"{BASE}/%D8%AE%D8%A8%D8%B1"),
    ],
)
def test_the_address_names_an_article_and_else_its_guid(entry: str, known: str, url: str | None) -> None:
    record = only(rss(f"<title>خبر</title>{entry}"))
    assert (record["id"], record.get("url")) == (known, url)


def test_a_guid_that_is_too_long_ends_in_a_digest() -> None:
    ids = [only(rss(f"<title>خبر</title><guid>{'x' * 300}#{n}</guid>"))["id"] for n in (1, 2)]
    assert len({*ids}) == 2
    assert max(map(len, ids)) <= 128


@pytest.mark.parametrize(
    ("feed", "url"),
    [
        (atom('<title>خ</title><link href="a"/>', f'xml:base="{BASE}/x/"'), f"{BASE}/x/a"),
        (
            atom('<title>خ</title><link rel="self" href="/r"/><link type="audio/mpeg" href="/p"/><link href="/a"/>'),
            f"{BASE}/a",
        ),
        (rss("<title>خ</title><link>a</link>", head=f"<title>م</title><link>{BASE}/home/</link>"), f"{BASE}/home/a"),
        (
            f'<feed xmlns={ATOM!r}><link href="{BASE}/y/"/><entry><title>خ</title><link href="a"/></entry></feed>',
            f"{BASE}/y/a",
        ),
    ],
)
def test_relative_addresses_stand_to_the_base_or_the_site(feed: str, url: str) -> None:
    assert only(feed)["url"] == url


def test_a_relative_address_that_stands_to_nothing_is_none() -> None:
    record = only(rss("<title>خبر</title><link>/a</link><guid>g</guid>"), url=None)
    assert "url" not in record


@pytest.mark.parametrize(
    ("date", "read_as"),
    [
        ("<pubDate>Tue, 24 Nov 2026 10:00:00 +0300</pubDate>", "2026-11-24T07:00:00Z"),
        ("<pubDate>24 Nov 2026 07:00 GMT</pubDate>", "2026-11-24T07:00:00Z"),
        ("<pubDate>Tue, 24 Nov 26 02:00:00 EST</pubDate>", "2026-11-24T07:00:00Z"),
        ("<pubDate>Tue, 24 Nov 2026 07:00:00</pubDate>", "2026-11-24T07:00:00Z"),
        ("<pubDate>2026-11-24 07:00:00 UTC</pubDate>", "2026-11-24T07:00:00Z"),
        ("<dc:date>2026-11-24T10:00+03:00</dc:date>", "2026-11-24T07:00:00Z"),
        ("<dc:date>2026-11-24</dc:date>", "2026-11-24T00:00:00Z"),
        ("<pubDate>Tue, 24 Nov 2099 07:00:00 GMT</pubDate>", "2099-11-24T07:00:00Z"),
        ("<dc:date>2026-11-25</dc:date><pubDate>Tue, 24 Nov 2026 07:00:00 GMT</pubDate>", "2026-11-24T07:00:00Z"),
        ("<pubDate></pubDate>", None),
        ("", None),
    ],
)
def test_times_are_read_in_every_form(date: str, read_as: str | None) -> None:
    assert only(item(date)).get("published_at") == read_as


@pytest.mark.parametrize("date", ["أمس", "Tue, 99 Nov 2026 10:00:00 GMT", "2026-13-01", "0", "1" * 5000])
def test_what_is_no_time_is_told(date: str) -> None:
    assert reason(item(f"<pubDate>{date}</pubDate>")) == "bad_time"


def test_when_it_was_published_counts_and_not_when_it_was_changed() -> None:
    dates = "<updated>2026-11-24T09:00:00Z</updated>"
    entry = f'<title>خ</title><link href="{BASE}/a"/>{dates}'
    assert only(atom(entry))["published_at"] == "2026-11-24T09:00:00Z"
    assert only(atom(f"{entry}<published>2026-11-23T09:00:00Z</published>"))["published_at"] == "2026-11-23T09:00:00Z"


def test_the_first_category_is_the_section_and_others_are_tags() -> None:
    names = ("رياضة", " ", "سباحة &amp;amp; غوص", "رياضة")
    more = "".join(f"<category>{name}</category>" for name in names)
    record = only(item(f"{more}<media:keywords>كأس، سباق, رياضة</media:keywords>"))
    assert (record["section"], record["tags"]) == ("رياضة", ["سباحة & غوص", "كأس", "سباق"])
    record = only(atom(f'<title>خ</title><link href="{BASE}/a"/><category term="sport" label="رياضة"/>'))
    assert record["section"] == "رياضة"
    assert "tags" not in record


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ("<dc:creator>سلمى</dc:creator><author>x@site.example</author>", "سلمى"),
        ("<author>desk@site.example (سلمى الحداد)</author>", "سلمى الحداد"),
        ("<author>desk@site.example</author>", None),
        ("<author>سلمى</author>", "سلمى"),
    ],
)
def test_an_author_is_a_name(more: str, author: str | None) -> None:
    assert only(item(more)).get("author") == author


@pytest.mark.parametrize(
    ("more", "image"),
    [
        ('<media:content url="/s.jpg" width="10"/><media:content url="/l.jpg" width="900" medium="image"/>', "l.jpg"),
        ('<media:content url="/v.mp4" type="video/mp4"/><media:thumbnail url="/t.jpg"/>', "t.jpg"),
        ('<media:group><media:content url="/g.png"/></media:group>', "g.png"),
        ('<enclosure url="/a.mp3" type="audio/mpeg"/><enclosure url="/e.webp" type="image/webp"/>', "e.webp"),
        ("<image><url>/i.gif</url></image>", "i.gif"),
        ('<media:content url="data:image/png;base64,AA" medium="image"/>', None),
        ('<media:content medium="image"/>', None),
    ],
)
def test_the_picture_is_the_largest_that_is_told(more: str, image: str | None) -> None:
    assert only(item(more)).get("image_url") == (f"{BASE}/{image}" if image else None)


def test_what_was_taken_over_says_from_whom() -> None:
    assert only(item('<source url="https://a.example/feed">وكالة</source>'))["source"] == "وكالة"
    entry = f'<title>خ</title><link href="{BASE}/a"/><source><title>وكالة</title></source>'
    assert only(atom(entry))["source"] == "وكالة"
    assert only(item())["source"] == "موقع"


def test_the_language_is_that_of_the_entry_or_else_of_the_feed() -> None:
    entry = f'<title>خ</title><link href="{BASE}/a"/>'
    assert only(atom(entry, 'xml:lang="ar_SA"'))["language"] == "ar-SA"
    assert only(item("<dc:language>en</dc:language>"))["language"] == "en"
    ours = rss("<title>خ</title><guid>g</guid>", head="<language>ar</language>")
    assert only(ours)["language"] == "ar"
    assert "language" not in only(item())


def test_entries_that_are_no_articles_are_told() -> None:
    assert reason(rss(f"<link>{BASE}/a</link><description>نص</description>")) == "blank_title"
    assert reason(rss("<title>خبر</title>")) == "missing_id"


def test_an_entry_that_is_too_large_is_told_and_the_next_comes() -> None:
    large, small = read(rss(f"<title>{'خ' * 17_000_000}</title><guid>1</guid>", "<title>خبر</title><guid>2</guid>"))
    assert isinstance(large, RecordError)
    assert large.reason == "too_long"
    assert isinstance(small, dict)


def page(url: str) -> dict[str, Any]:
    return {"id": "9", "title": "عنوان الصفحة", "body": "نص الصفحة كله", "url": url, "section": "من الصفحة"}


def test_the_page_gives_its_text_to_an_entry_with_a_summary() -> None:
    record = only(item("<description>ملخص</description>"), page)
    assert record == {
        "id": f"{BASE}/a",
        "title": "خبر",
        "body": "نص الصفحة كله",
        "url": f"{BASE}/a",
        "section": "من الصفحة",
        "source": "موقع",
    }


def test_a_page_without_a_text_leaves_the_summary() -> None:
    assert only(item("<description>ملخص</description>"), lambda _: {"body": ""})["body"] == "ملخص"
    assert "body" not in only(item(), lambda _: {})


def test_a_page_is_asked_for_only_where_the_text_is_not_there() -> None:
    def never(url: str) -> dict[str, Any]:
        raise AssertionError(url)

    assert only(item("<content:encoded>نص</content:encoded>"), never)["body"] == "نص"
    assert only(rss("<title>خبر</title><guid>g</guid><description>نص</description>"), never)["body"] == "نص"


def test_a_page_that_cannot_be_had_is_told() -> None:
    def gone(url: str) -> dict[str, Any]:
        raise FetchError("status_404", f"{url} answers 404")

    assert reason(item(), gone) == "status_404"
    assert reason(item(), lambda _: RecordError("no_article", "a list")) == "no_article"


@pytest.mark.parametrize(
    ("declared", "real", "server"),
    [
        ("utf-8", "utf-8", None),
        ("windows-1256", "windows-1256", "utf-8"),
        ("utf-8", "windows-1256", None),
        ("iso-8859-1", "utf-8", "iso-8859-1"),
        (None, "utf-8", "windows-1256"),
        (None, "utf-8-sig", "iso-8859-1"),
        (None, "utf-16", "utf-8"),
        (None, "utf-16-le", "utf-8"),
        (None, "iso-8859-6", "ISO-8859-6"),
        (None, "windows-1256", 'x"?><bad'),
        ("", "iso-8859-6", "iso-8859-6"),
    ],
)
def test_letters_are_read_whatever_is_said_of_them(declared: str | None, real: str, server: str | None) -> None:
    said = "" if declared is None else f'<?xml version="1.0"{f" encoding={declared!r}" if declared else ""}?>'
    assert only((said + item()).encode(real), charset=server)["title"] == "خبر"


def test_controls_that_xml_forbids_are_passed_over() -> None:
    assert only(item(title="خ\x0bبر&#11;\x00"))["title"] == "خبر"


def test_of_a_feed_cut_short_come_the_entries_that_were_whole() -> None:
    whole = rss("<title>أ</title><guid>1</guid>", "<title>ب</title><guid>2</guid>")
    found = []
    with pytest.raises(SourceError, match="cut short"):
        found.extend(read_feed(document(whole[: whole.index("<title>ب")])))
    assert [record.value["id"] for record in found if isinstance(record.value, dict)] == ["1"]


def test_a_feed_without_entries_is_one() -> None:
    assert read(rss()) == []
    assert read("<rss/>") == []


@pytest.mark.parametrize(
    "other", ["<!doctype html><html><body>صفحة</body></html>", "", "{}", "<urlset/>", "\x00\x01", "خبر"]
)
def test_what_is_no_feed_is_refused(other: str) -> None:
    with pytest.raises(SourceError, match="no feed"):
        read(other)


def test_entities_of_a_feeds_own_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("سر")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for own in (f'<!ENTITY l0 "ha">{laughs}', f'<!ENTITY l11 SYSTEM "{secret.as_uri()}">'):
        with pytest.raises(SourceError, match="declares entities"):
            read(f"<!DOCTYPE rss [{own}]>" + item(title="&l11;"))


def test_an_outer_document_type_is_passed_over() -> None:
    head = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss-0.91.dtd">'
    assert only(head + item(title="خبر&nbsp;عاجل"))["title"] == "خبر عاجل"


@pytest.mark.parametrize(
    "hostile",
    [
        rss("<a>" * 10_000),
        rss(f"<title>{'<b>' * 10_000}"),
        *(
            item(f"<description>&lt;p&gt;نص&lt;/p&gt;{escape(piece) * 50_000}</description>")
            for piece in ("<div>", "<a ", "<!--", "<![CDATA[", "<script>", "<template></p>", "<a b='", "&amp;lt;")
        ),
        item("<author>" + "a" * 300_000 + "</author>"),
        item("<author>" + "a@" * 150_000 + "</author>"),
        item("<content:encoded>The post " + " appeared first on" * 20_000 + "</content:encoded>"),
        "\n" * 500_000 + rss(),
        '<?xml encoding="a"' * 20_000,
        item(f"<link>{'http://' * 50_000}</link>"),
        item("<category>x</category>" * 20_000),
        item('<media:content url="/x.jpg"/>' * 20_000),
    ],
)
def test_a_hostile_feed_ends(hostile: str) -> None:
    try:
        found = read(hostile)
    except SourceError:
        return
    assert len(found) <= 1


def test_entries_come_as_they_are_asked_for() -> None:
    text = rss(*(f"<title>خبر {n}</title><guid>{n}</guid>" for n in range(20_000)))
    entries = read_feed(document(text[:-500]))  # the end is damaged, which nobody has seen yet
    assert next(entries).line == 1
    assert next(entries).line == 2


@given(st.binary(max_size=300) | st.text("<>/&;! ?xmlrsitemnkguda\"='[]خبر", max_size=200).map(str.encode))
def test_any_bytes_give_records_or_a_refusal(data: bytes) -> None:
    for content in (data, b"<rss><channel><item>" + data + b"</item></channel></rss>"):
        try:
            found = list(read_feed(document(content)))
        except SourceError:
            continue
        assert all(isinstance(record.value, dict | RecordError) for record in found)
