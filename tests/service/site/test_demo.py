"""service.site.demo: pages from right to left that show what a model answers, and trust no article."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from models.article import to_microseconds
from models.editorial import Rule, RuleType
from service.site.demo import arabic_date
from tests.support.newsroom import COPY, SECTIONS, topic_records, train_into
from tests.support.pages import Page
from tests.support.problems import assert_problem
from tests.support.serving import Client, serving, under_rules
from tests.support.worlds import BARE, EXPIRED, FUTURE, HERMIT, ODD_IDS, UNDATED

RECORDS = {record["id"]: record for record in topic_records()}
ARTICLES = "/demo/articles/"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A newsroom in which every text of every article is an attack."""
    artifacts = tmp_path_factory.mktemp("hostile") / "artifacts"
    members = ("section", "source", "author", "url", "image_url")
    records = [
        {
            **record,
            **dict.fromkeys(members, f"{HOSTILE}{record['section']}"),
            "id": f"{record['id']}{HOSTILE}",
            "title": f"{HOSTILE} {record['title']}",
            "body": f"{HOSTILE}\n\n{record['body']}\n\n&lt;script&gt;alert(3)&lt;/script&gt; كما ورد.",
        }
        for record in topic_records()
    ]
    train_into(artifacts, records)
    with serving(artifacts) as client:
        yield client


def page(client: Client, path: str = "/demo") -> Page:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


def article_path(article_id: str) -> str:
    return ARTICLES + quote(article_id, safe="")


def shown(found: Page) -> list[str]:
    """The ids of all articles that a page leads to, in its order."""
    return [unquote(link.removeprefix(ARTICLES)) for link in found.links if link.startswith(ARTICLES)]


# every page


@pytest.mark.parametrize("path", ["/demo", article_path("football-1"), article_path(COPY), article_path("water-5")])
def test_a_page_is_arabic_from_right_to_left(client: Client, path: str) -> None:
    found = page(client, path)
    assert found.one("html").attributes == {"lang": "ar", "dir": "rtl"}
    assert len(found.all("h1")) == 1
    assert found.one("title").text.strip()
    assert {meta.attributes.get("charset") for meta in found.all("meta")} >= {"utf-8"}


@pytest.mark.parametrize("path", ["/demo", article_path("football-1"), "/demo/style.css"])
def test_a_page_lets_a_browser_run_nothing(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]


@pytest.mark.parametrize("path", ["/demo", article_path("football-1")])
def test_a_page_keeps_to_its_own_policy(client: Client, path: str) -> None:
    found = page(client, path)
    assert not found.all("script")
    assert not found.all("style")
    assert not [one for one in found.elements if {"style", "onclick", "onload"} & one.attributes.keys()]


@pytest.mark.parametrize("path", ["/demo", article_path("football-1"), article_path("health-6")])
def test_every_link_of_a_page_works(client: Client, path: str) -> None:
    found = page(client, path)
    names = {one.attributes["id"] for one in found.elements if "id" in one.attributes}
    sheets = [link.attributes["href"] for link in found.all("link")]
    assert sheets
    for link in [*found.links, *sheets]:
        if link.startswith("#"):
            assert link[1:] in names
        else:
            assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("path", ["/demo", article_path("football-1"), article_path(COPY)])
def test_what_is_labelled_by_an_element_has_that_element_once(client: Client, path: str) -> None:
    found = page(client, path)
    names = [one.attributes["id"] for one in found.elements if "id" in one.attributes]
    assert len(set(names)) == len(names)
    assert {one.attributes["aria-labelledby"] for one in found.elements if "aria-labelledby" in one.attributes} <= {
        *names
    }


@pytest.mark.parametrize("article_id", [None, *RECORDS])
def test_no_story_stands_twice_on_a_page(client: Client, article_id: str | None) -> None:
    ids = shown(page(client, "/demo" if article_id is None else article_path(article_id)))
    stories = [found.replace(COPY, "football-1") for found in ids]
    assert len(set(stories)) == len(stories)
    if article_id is not None:
        assert article_id.replace(COPY, "football-1") not in stories


# the front page


def test_the_address_of_the_service_leads_to_the_demo(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 307
    assert response.headers["location"] == "/demo"


def test_the_front_page_begins_with_the_latest(client: Client) -> None:
    found = page(client)
    assert shown(found)[:4] == ["health-6", "water-6", "elections-6", "football-6"]
    assert found.one("h1").text == "آخر الأخبار"


def test_the_front_page_has_a_box_for_each_section(client: Client) -> None:
    headings = [heading.text for heading in page(client).all("h2")]
    assert set(SECTIONS.values()) <= set(headings)
    titles = {record["title"] for record in RECORDS.values()}
    assert {heading for heading in headings if heading not in titles} == set(SECTIONS.values())


def test_a_teaser_shows_title_section_and_day(client: Client) -> None:
    teaser = page(client).all("article", "teaser")[0].text
    assert RECORDS["health-6"]["title"] in teaser
    assert "صحة" in teaser
    assert "11 مارس 2025" in teaser


def test_the_front_page_shows_neither_expired_nor_future_articles(edge: Client) -> None:
    ids = shown(page(edge))
    assert not {EXPIRED, FUTURE} & set(ids)
    assert "health-6" in ids


def test_a_newsroom_in_which_everything_expired_has_an_empty_front_page(tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    train_into(artifacts, [{**record, "expires_at": "2025-03-31T00:00:00Z"} for record in topic_records()])
    with serving(artifacts, now=lambda: to_microseconds(datetime(2025, 3, 31, tzinfo=UTC))) as client:
        found = page(client)
        assert shown(found) == []
        assert found.one("h1").text == "آخر الأخبار"
        of_an_article = page(client, article_path("football-1"))
        assert shown(of_an_article) == []
        assert RECORDS["football-1"]["title"] in of_an_article.one("h1").text


def test_a_newsroom_of_one_article_leads_to_it(tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    train_into(artifacts, [{"id": "alone", "title": "وحيد"}])
    with serving(artifacts) as client:
        assert shown(page(client)) == ["alone"]
        assert shown(page(client, article_path("alone"))) == []


def test_nothing_published_is_told_as_a_problem(nothing: Client) -> None:
    for path in ("/demo", article_path("football-1")):
        assert "silah train" in assert_problem(nothing.get(path), 503, "nothing-published")["detail"]


def test_a_service_without_the_demo_has_no_pages(trained: Path) -> None:
    with serving(trained, demo=False) as client:
        for path in ("/", "/demo", "/demo/style.css", article_path("football-1")):
            assert_problem(client.get(path), 404, "not-found")


# the page of an article


def test_an_article_is_shown_whole(client: Client) -> None:
    record = RECORDS["football-1"]
    story = page(client, article_path("football-1")).all("article", "story")[0].text
    for text in (record["title"], record["section"], record["source"], "1 مارس 2025", record["body"]):
        assert text in story


def test_the_boxes_are_the_lists_of_the_api(client: Client) -> None:
    ids = shown(page(client, article_path("football-2")))
    related = [item["id"] for item in client.get("/v1/articles/football-2/related").json()["items"]]
    also_like = [item["id"] for item in client.get("/v1/articles/football-2/also-like").json()["items"]]
    assert ids == [*also_like, *related, *ids[len(related) + len(also_like) :]]
    assert related
    assert len(ids) == len(related) + len(also_like) + 4


def test_the_boxes_have_the_headings_that_readers_know(client: Client) -> None:
    headings = [heading.text for heading in page(client, article_path("health-3")).all("h2")]
    assert headings == ["قد يهمك أيضا", "أخبار ذات صلة", "آخر الأخبار"]


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_both_boxes_stand_on_a_page_however_long_the_article_is(tmp_path: Path, length: int) -> None:
    artifacts = tmp_path / "artifacts"
    body = next(record["body"] for record in topic_records() if record["id"] == "health-3")
    paragraphs = [f"الفقرة رقم {number}: {body}" for number in range(length)]
    records = [
        {**record, "body": "\n\n".join(paragraphs)} if record["id"] == "health-3" else record
        for record in topic_records()
    ]
    train_into(artifacts, records)
    with serving(artifacts) as client:
        found = page(client, article_path("health-3"))
    assert [heading.text for heading in found.all("h2")] == ["قد يهمك أيضا", "أخبار ذات صلة", "آخر الأخبار"]
    text = found.all("article", "story")[0].text
    assert [text.count(paragraph) for paragraph in paragraphs] == [1] * length


def test_related_articles_show_the_words_they_share(client: Client) -> None:
    shared = page(client, article_path("football-2")).all("p", "matched")
    assert shared
    assert all(words.text.strip() for words in shared)


def test_an_article_without_neighbours_shows_the_latest_alone(edge: Client) -> None:
    found = page(edge, article_path(HERMIT))
    assert [heading.text for heading in found.all("h2")] == ["آخر الأخبار"]
    assert shown(found) == ["health-6", "water-6", "elections-6", "football-6"]


@pytest.mark.parametrize("article_id", [BARE, UNDATED, EXPIRED, FUTURE])
def test_an_article_that_lacks_something_has_a_page(edge: Client, article_id: str) -> None:
    found = page(edge, article_path(article_id))
    assert "None" not in found.all("article", "story")[0].text


def test_an_unknown_article_is_404(client: Client) -> None:
    assert_problem(client.get(article_path("nobody")), 404, "article-not-found")


def test_the_page_names_the_version_and_the_number_of_articles(client: Client) -> None:
    footer = page(client).one("footer").text
    assert client.get("/health/ready").json()["model"] in footer
    assert f"{len(RECORDS)} مقال" in footer


# what articles may hold


def test_hostile_texts_are_shown_as_text(hostile: Client) -> None:
    paths = ["/demo", *(article_path(f"football-{number}{HOSTILE}") for number in (1, 2, 6))]
    for path in paths:
        found = page(hostile, path)
        assert not found.all("script")
        assert not [one for one in found.elements if any(name.startswith("on") for name in one.attributes)]
        assert {image.attributes["src"][:3] for image in found.all("img")} <= {'"><'}
        assert HOSTILE in found.elements[0].text


def test_links_to_hostile_ids_stay_links_to_articles(hostile: Client) -> None:
    found = page(hostile)
    assert shown(found)
    for link in found.links:
        assert link.startswith(("/demo", "/docs", "#content"))
    for article_id in shown(found)[:3]:
        assert article_id.endswith(HOSTILE)
        assert page(hostile, article_path(article_id))


@pytest.mark.parametrize("article_id", ODD_IDS)
def test_the_page_of_an_odd_id_links_to_pages_and_to_its_list(odd: Client, article_id: str) -> None:
    found = page(odd, article_path(article_id))
    (api,) = [link for link in found.links if link.startswith("/v1/")]
    assert odd.get(api).json()["source_id"] == article_id
    for link in found.links:
        if link.startswith(ARTICLES):
            assert "/" not in link.removeprefix(ARTICLES)  # whatever the id holds, it is one segment
            assert odd.get(link).status_code == 200, link


# the rest


def test_the_style_sheet_is_css(client: Client) -> None:
    response = client.get("/demo/style.css")
    assert response.headers["content-type"].startswith("text/css")
    assert "{" in response.text


def test_pages_are_not_part_of_the_described_api(client: Client) -> None:
    assert not [
        path
        for path in client.get("/openapi.json").json()["paths"]
        if not path.startswith(("/v1", "/health", "/metrics"))
    ]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-23T10:00:00Z", "23 نوفمبر 2026"),
        ("2025-01-01T00:00:00.5Z", "1 يناير 2025"),
        ("0001-12-31T23:59:59Z", "31 ديسمبر 1"),
        (None, ""),
    ],
)
def test_a_day_is_written_as_arabic_readers_write_it(moment: str | None, shown: str) -> None:
    assert arabic_date(moment) == shown


def test_what_editors_ban_stands_on_no_page(client: Client) -> None:
    with under_rules(client, Rule(id="1", type=RuleType.BAN, section="صحة")):
        for path in ("/demo", "/demo/articles/water-1"):
            page = client.get(path)
            assert page.status_code == 200
            assert "/demo/articles/water-" in page.text
            assert "/demo/articles/health-" not in page.text
