"""A live WordPress is read whole, then followed, and an export of it says the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.article import Article
from models.errors import FetchError, RecordError, SourceError
from tests.support.wordpress import NAME, Post, WordPress
from training.records import accepted
from training.sources import SourceRecord, wordpress
from training.sources.fetching import Fetcher
from training.sources.options import FetchRules
from training.sources.web import Web
from training.sources.wordpress import read_wordpress
from training.sources.wxr import read_wxr


@pytest.fixture
def web() -> Iterator[Web]:
    with Fetcher(FetchRules(allow_private=True, rate=10_000, retries=0)) as fetcher:
        yield Web(fetcher, page=lambda document: RecordError("unread", document.name))


def values(records: Iterator[SourceRecord]) -> list[dict[str, Any]]:
    found = [record.value for record in records]
    assert all(isinstance(value, dict) for value in found)
    return [value for value in found if isinstance(value, dict)]


def ids(records: Iterator[SourceRecord]) -> list[str]:
    return [value["id"] for value in values(records)]


def moment(minutes: float) -> str:
    return (datetime(2026, 3, 1, 12) + timedelta(minutes=minutes)).isoformat()  # noqa: DTZ001


def posts(count: int, minutes: float = 1) -> list[Post]:
    return [Post(number, modified=moment(number * minutes)) for number in range(1, count + 1)]


WRITTEN = [
    Post(
        11,
        title="الوزير: \"الرصيف\" جاهز - والعمل بدأ...",
        shown_title="الوزير: &#8220;الرصيف&#8221; جاهز &#8211; والعمل بدأ&#8230;",
        content="<!-- wp:paragraph -->\n<p>قال إن \"العمل\" بدأ -- فعلا.</p>\n<!-- /wp:paragraph -->\n\n"
        "<!-- wp:image -->\n<figure><img src=\"/a.jpg\"/><figcaption>تعليق</figcaption></figure>\n<!-- /wp:image -->",
        shown="\n<p>قال إن &#8220;العمل&#8221; بدأ &#8212; فعلا.</p>\n\n\n\n"
        "<figure><img src='/a.jpg'/><figcaption>تعليق</figcaption></figure>\n",
        categories=("اقتصاد", "محليات & مدن"),
        tags=tuple(f"وسم {number:02}" for number in range(14)),
        image="https://media.example/رصيف.jpg",
    ),
    Post(
        12,
        content="فقرة أولى\nسطر ثان.\n\n[caption id=\"attachment_6\" width=\"300\"]<img src=\"/y.jpg\" /> تعليق"
        "[/caption]\n\n[gallery ids=\"1,2\"]\n\nhttps://video.example/watch?v=abc\n\n[embed]https://video.example/2[/embed]\n\n"
        "[box color=\"red\"]نص في صندوق[/box]\n\nهامش [1] و[[gallery]].<!--more-->\n\n\"بعد\" 5\" و3x4 شركة أ&ب.",
        shown="<p>فقرة أولى<br />\nسطر ثان.</p>\n<div class=\"wp-caption\"><img src='/y.jpg' />"
        "<p class=\"wp-caption-text\">تعليق</p></div>\n<div class='gallery'></div>\n<p><iframe>x</iframe></p>\n"
        "<p>https://video.example/2</p>\n<p>نص في صندوق</p>\n<p>هامش [1] و[gallery].<span id=\"more-12\"></span></p>\n"
        "<p>&#8220;بعد&#8221; 5&#8243; و3&#215;4 شركة أ&#038;ب.</p>",
        author="هيثم <المراسل> & رفاقه",
    ),
    Post(13, content="", excerpt="مقتطف وحده.", categories=()),
]  # fmt: skip


def test_an_export_and_the_api_give_equal_articles(web: Web) -> None:
    site = WordPress(WRITTEN)
    with site.running() as address:
        live = sorted(accepted(read_wordpress(address, web)), key=lambda article: article.id)
    exported = list(accepted(read_wxr(io.BytesIO(site.export()), "export.xml")))

    assert live == exported
    assert live[0] == Article(
        id="11",
        title="الوزير: “الرصيف” جاهز – والعمل بدأ…",
        body="قال إن “العمل” بدأ — فعلا.",
        section="اقتصاد",
        published_at=live[0].published_at,
        url=f"{address}2026/11/",
        image_url="https://media.example/رصيف.jpg",
        source=NAME,
        author="سلمى الكيلاني",
        language="ar",
        tags=tuple(f"وسم {number:02}" for number in range(14)),
    )
    assert str(live[0].published_at) == "2026-03-01 09:30:00+00:00"
    assert live[1].body.split("\n\n") == [
        "فقرة أولى",
        "سطر ثان.",
        "نص في صندوق",
        "هامش [1] و[gallery].",
        "“بعد” 5″ و3×4 شركة أ&ب.",
    ]
    assert live[2].body == "مقتطف وحده."


@pytest.mark.parametrize("pretty", [True, False])
@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize(
    "given_as", ["", "wp-json/", "wp-json/wp/v2/posts", "?rest_route=/", "?rest_route=/wp/v2/posts"]
)
def test_the_api_is_found(web: Web, pretty: bool, linked: bool, given_as: str) -> None:
    with WordPress(posts(3), pretty=pretty, linked=linked).running() as address:
        assert ids(read_wordpress(address + given_as, web)) == ["1", "2", "3"]


def test_where_nothing_changed_nothing_comes_and_what_did_comes_again(web: Web) -> None:
    site = WordPress(posts(250))
    with site.running() as address:
        assert ids(read_wordpress(address, web)) == [str(number) for number in range(1, 251)]
        assert ids(read_wordpress(address, web)) == []
        site.posts[3].modified = moment(251)
        site.posts[3].title = "عنوان جديد"
        site.posts.append(Post(251, modified=moment(250.5)))
        before = len(site.asked)
        again = values(read_wordpress(address, web))

    assert [value["id"] for value in again] == ["251", "4"]
    assert again[1]["title"] == "عنوان جديد"
    assert len(site.asked) == before + 1


@pytest.mark.parametrize("totals", [True, False])
def test_thousands_changed_in_one_second_come_once_each(web: Web, totals: bool) -> None:
    site = WordPress([*posts(150), *(Post(number, modified=moment(500)) for number in range(151, 701))], totals=totals)
    with site.running() as address:
        found = ids(read_wordpress(address, web))
        again = ids(read_wordpress(address, web))

    assert sorted(found, key=int) == [str(number) for number in range(1, 701)]
    assert again == []


def test_what_is_remembered_stays_small(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress, "MAX_REMEMBERED", 50)
    site = WordPress([Post(number, modified=moment(1 + number // 300)) for number in range(1, 901)])
    with site.running() as address:
        assert len(ids(read_wordpress(address, web))) == 900
        assert len(web.memory["wordpress"]) < 50 * 40
        assert ids(read_wordpress(address, web)) == []


def test_a_post_edited_while_others_are_read_is_not_lost_nor_moves_others_out(web: Web) -> None:
    site = WordPress(posts(350))

    def edit(question: int) -> None:
        site.posts[question * 7].modified = moment(400 + question)
        site.posts[(question * 101) % 350].modified = moment(500 + question)
        if question == 2:
            site.posts.append(Post(999, modified=moment(900)))
            site.on_ask = None

    site.on_ask = edit
    with site.running() as address:
        found = ids(read_wordpress(address, web))

    assert set(found) == {*(str(number) for number in range(1, 351)), "999"}
    assert len(found) <= 355


@pytest.mark.parametrize("question", [1, 2, 3])
def test_where_the_site_fails_the_next_run_goes_on(web: Web, question: int) -> None:
    site = WordPress(posts(300), answers={question: (500, b"")})
    with site.running() as address:
        first: list[SourceRecord] = []
        with pytest.raises(SourceError, match="500"):
            first.extend(read_wordpress(address, web))
        asked = len(site.asked)
        rest = ids(read_wordpress(address, web))

    read = [record.value["id"] for record in first if isinstance(record.value, dict)]
    assert len(read) == max(0, (question - 1) * 100 - (question - 2 if question > 1 else 0))
    assert [*read, *rest] == [str(number) for number in range(1, 301)]
    assert len(site.asked) - asked <= 5 - question


def test_records_that_nobody_took_come_again(web: Web) -> None:
    with WordPress(posts(150)).running() as address:
        records = read_wordpress(address, web)
        for _ in range(100):
            next(records)
        del records

        assert len(ids(read_wordpress(address, web))) == 150


@pytest.mark.parametrize("most", [50, 20, 7, 1])
def test_a_site_that_gives_fewer_at_once_is_asked_for_fewer(web: Web, most: int) -> None:
    with WordPress(posts(60), most=most).running() as address:
        assert len(ids(read_wordpress(address, web))) == 60


def test_an_old_wordpress_is_read_from_its_newest_post_back(web: Web) -> None:
    site = WordPress(posts(350), knows_modified_after=False)
    with site.running() as address:
        first = ids(read_wordpress(address, web))
        asked = len(site.asked)
        site.posts[0].modified = moment(360)
        site.posts.append(Post(351, modified=moment(361)))
        again = ids(read_wordpress(address, web))

    assert set(first) == {str(number) for number in range(1, 351)}
    assert len(first) <= 450
    assert again == ["351", "1"]
    assert len(site.asked) - asked <= 3


def test_a_cache_that_answers_always_the_same_is_no_endless_site(web: Web) -> None:
    site = WordPress(posts(400), knows_modified_after=False)
    with site.running() as address:
        page = site.answer("/?rest_route=/wp/v2/posts&per_page=100&orderby=modified&order=asc")[2]
        site.totals = False
        site.answers = dict.fromkeys(range(1, 100), (200, page))
        with pytest.raises(SourceError, match="whatever is asked"):
            list(read_wordpress(address, web))


@pytest.mark.parametrize(
    "before", ["\ufeff", "<br />\n<b>Notice</b>: Undefined index: [0] in <b>x.php</b><br />\n", "\n\n"]
)
def test_what_stands_before_the_json_is_passed_over(web: Web, before: str) -> None:
    with WordPress(posts(2), before=before).running() as address:
        assert ids(read_wordpress(address, web)) == ["1", "2"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<!doctype html><title>Are you a person?</title>", "the answer is HTML"),
        (b"", "the answer is no JSON"),
        (b"[" * 200_000, "the answer is no JSON"),
        (b'[{"id":' * 100_000, "the answer is no JSON"),
        (b'{"code":"rest_forbidden","message":"\xd9\x84\xd8\xa7"}', "the site says rest_forbidden: لا"),
        (b'{"posts":[]}', "not that of a WordPress"),
    ],
)
def test_an_answer_that_is_no_list_of_posts_is_told(web: Web, answer: bytes, message: str) -> None:
    with (
        WordPress(posts(2), answers={1: (200, answer)}).running() as address,
        pytest.raises(SourceError, match=message),
    ):
        list(read_wordpress(address, web))


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_api_says_what_to_do(web: Web, status: int) -> None:
    with (
        WordPress(posts(2), closed=status).running() as address,
        pytest.raises(SourceError, match=r"closed for visitors.*export file"),
    ):
        list(read_wordpress(address, web))


def test_closed_posts_say_what_to_do(web: Web) -> None:
    with (
        WordPress(posts(2), answers={1: (401, b"{}")}).running() as address,
        pytest.raises(SourceError, match="closed for visitors"),
    ):
        list(read_wordpress(address, web))


def test_a_site_that_is_no_wordpress_is_told(web: Web) -> None:
    site = WordPress(linked=False, pretty=False, closed=404)
    with site.running() as address, pytest.raises(SourceError, match="there is no REST API of WordPress"):
        list(read_wordpress(address, web))


def test_a_site_that_is_not_there_is_told(web: Web) -> None:
    with WordPress().running() as address:
        pass
    with pytest.raises(SourceError):
        list(read_wordpress(address, web))


BROKEN: list[Any] = [
    None,
    7,
    "x",
    [],
    {},
    {"id": "12"},
    {"id": True, "title": {}, "content": {}},
    {"id": 5, "title": "x", "content": {}},
    {"id": 5, "title": {"rendered": 5}},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_post_is_an_error_and_the_others_come(web: Web, broken: Any) -> None:
    site = WordPress(posts(2))
    whole = site._post
    site._post = lambda post: broken if post.number == 1 else whole(post)  # type: ignore[method-assign]  # this site alone
    with site.running() as address:
        first, second = read_wordpress(address, web)

    assert isinstance(first.value, RecordError)
    assert isinstance(second.value, dict)
    assert (first.line, second.line) == (1, 2)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rendered", "name", "id"]), inner),
        max_leaves=4,
    ),
    st.sampled_from(["title", "content", "excerpt", "date_gmt", "modified", "link", "categories", "_embedded", "tags"]),
)
def test_members_of_any_kind_give_a_record_or_an_error(value: Any, member: str) -> None:
    site = WordPress(posts(1))
    post = site._post(site.posts[0]) | {member: value}
    api: Any = type("Closed", (), {"names": lambda *_: {}, "site": "", "language": ""})()
    terms = {route: wordpress._Terms(api, route).of([post]) for route in ("categories", "tags")}

    found = wordpress._value(post, api, terms)

    assert isinstance(found, dict | RecordError)


def test_a_post_with_a_password_is_not_read(web: Web) -> None:
    with WordPress([Post(1, password="س")]).running() as address:
        assert values(read_wordpress(address, web)) == [{"id": "1", "deleted": True}]


def test_the_primary_category_is_the_one_in_the_breadcrumb(web: Web) -> None:
    site = WordPress([Post(1, categories=("اقتصاد", "رياضة"))])
    whole = site._post
    trail = [{"name": "الرئيسية"}, {"name": "رياضة"}, {"name": "عنوان"}]
    graph = [{"@type": "WebPage"}, {"@type": "BreadcrumbList", "itemListElement": trail}]
    told = {"schema": {"@graph": graph}, "og_image": [{"url": "https://media.example/og.jpg"}]}
    site._post = lambda post: whole(post) | {"yoast_head_json": told}  # type: ignore[method-assign]  # this site alone
    with site.running() as address:
        (value,) = values(read_wordpress(address, web))

    assert (value["section"], value["image_url"]) == ("رياضة", "https://media.example/og.jpg")


def test_a_password_in_the_address_is_told_to_the_site_and_nobody_else(web: Web) -> None:
    with WordPress(posts(1)).running() as address:
        (record,) = read_wordpress(address.replace("//", "//editor:geheim@"), web)

    assert record.source == address


def test_a_memory_that_cannot_be_read_is_none(web: Web) -> None:
    for broken in (
        "{",
        "[]",
        '{"after":5,"seen":{}}',
        '{"after":"x","seen":{}}',
        '{"after":"2026-01-01T00:00:00","seen":5}',
    ):
        web.memory["wordpress"] = broken
        with WordPress(posts(1)).running() as address:
            assert ids(read_wordpress(address, web)) == ["1"]


STEPS = st.lists(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 0, 1, 30, 3600, 7200])), max_size=25), max_size=5
)


@settings(max_examples=25)
@given(STEPS, st.sampled_from([2, 3, 10]), st.booleans())
def test_following_gives_the_present_version_of_every_post(
    steps: list[list[tuple[int, int]]], most: int, knows: bool
) -> None:
    """Whatever is written and edited between readings, in the same second or hours later."""
    site = WordPress(most=most, knows_modified_after=knows)
    now = datetime(2026, 3, 1, 12)  # noqa: DTZ001
    known: dict[str, str] = {}
    with (
        Fetcher(FetchRules(allow_private=True, rate=10_000, retries=0)) as fetcher,
        site.running() as address,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(wordpress, "PER_PAGE", most)
        web = Web(fetcher, page=lambda document: RecordError("unread", document.name))
        version = 0
        for step in steps:
            for number, seconds in step:
                version += 1
                now += timedelta(seconds=seconds)
                site.posts = [post for post in site.posts if post.number != number]
                site.posts.append(Post(number, title=f"خبر {version}", modified=now.isoformat()))
            now += timedelta(seconds=1)  # what is changed in the second of a reading shows in the next
            for value in values(read_wordpress(address, web)):
                known[value["id"]] = value["title"]

            assert known == {str(post.number): post.title for post in site.posts}


def test_errors_of_the_web_go_through(web: Web) -> None:
    with WordPress(posts(1), answers={1: (404, b"")}).running() as address, pytest.raises(FetchError, match="404"):
        list(read_wordpress(address, web))


@pytest.mark.parametrize("answer", [(403, {}, b"{}"), (200, {}, b"<html>"), (200, {}, b'{"code":"x"}')])
def test_tags_that_the_site_does_not_name_are_left_out(web: Web, answer: tuple[int, dict[str, str], bytes]) -> None:
    site = WordPress(WRITTEN[:1])
    whole = site.answer
    site.answer = lambda target: answer if "/tags?" in target else whole(target)  # type: ignore[method-assign]  # alone
    with site.running() as address:
        (value,) = values(read_wordpress(address, web))

    assert value["tags"] == [f"وسم {number:02}" for number in range(10)]


def test_a_site_that_fails_to_name_tags_is_not_read_on(web: Web) -> None:
    site = WordPress(WRITTEN[:1])
    whole = site.answer
    failed: tuple[int, dict[str, str], bytes] = (500, {}, b"")
    site.answer = lambda target: failed if "/tags?" in target else whole(target)  # type: ignore[method-assign]  # this site alone
    with site.running() as address, pytest.raises(FetchError, match="500"):
        list(read_wordpress(address, web))


def test_posts_of_which_no_change_is_known_come(web: Web) -> None:
    site = WordPress([Post(number, modified="0000-00-00T00:00:00") for number in range(1, 151)])
    with site.running() as address:
        assert len(ids(read_wordpress(address, web))) >= 150


@pytest.mark.parametrize("page", ["<![<![", "<!--" * 1000, '<a href="' * 1000, "<html lang=ar><![<link rel=x"])
def test_a_home_page_of_any_markup_hinders_nobody(web: Web, page: str) -> None:
    site = WordPress(posts(1))
    site._page = lambda: (200, {"Content-Type": "text/html"}, page.encode())  # type: ignore[method-assign]  # alone
    with site.running() as address:
        assert len(list(read_wordpress(address, web))) == 1
