"""service.routes.archive: articles come, change and go, in effect at the next read and after the next training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from models.article import to_microseconds
from service.journal import Kind
from service.scopes import Scope
from tests.service.routes.test_articles import ask, ids
from tests.support.newsroom import AFTER_ALL, COPY, topic_records, train_into
from tests.support.problems import assert_problem
from tests.support.serving import Client, eventually, serving

NOW = to_microseconds(AFTER_ALL)
RECORDS = {record["id"]: record for record in topic_records()}
NEWS = {
    "title": "هداف النوارس وليد حمدان يعود قبل نهائي كأس المدينة",
    "body": (
        "عاد المهاجم وليد حمدان إلى تدريب فريق النوارس قبل نهائي كأس المدينة في ملعب الميناء. "
        "وقال أطباء مستشفى الشفاء إن إصابة الركبة شفيت."
    ),
    "section": "رياضة",
    "published_at": "2025-03-31T20:00:00Z",
}


class Site:
    """What a news site does, with its key."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.headers = client.key(Scope.WRITE)

    def write(self, method: str, article_id: str, record: Any = None) -> httpx.Response:
        url = f"/v1/articles/{quote(article_id, safe='')}"
        return self.client.request(method, url, json=record, headers=self.headers)

    def put(self, article_id: str, record: Any) -> httpx.Response:
        return self.write("PUT", article_id, record)

    def shown(self, article_id: str, name: str = "related", **query: Any) -> list[str]:
        return ids(ask(self.client, article_id, name, **query))


@pytest.fixture
def site(artifacts: Path) -> Iterator[Site]:
    with serving(artifacts, now=lambda: NOW) as client:
        yield Site(client)


def test_a_new_article_has_lists_and_stands_in_those_of_what_it_is_about_at_the_next_read(site: Site) -> None:
    before = site.shown("football-5")
    answer = site.put("new/1", NEWS)
    assert answer.status_code == 201
    assert answer.json() == {"id": "new/1", **NEWS}
    assert site.client.get("/v1/articles/new%2F1").json() == answer.json()
    assert set(site.shown("new/1")) <= {f"football-{number}" for number in range(1, 7)} | {COPY}
    assert len(site.shown("new/1")) >= 3
    assert site.shown("new/1", "also-like")
    assert "new/1" in site.shown("football-5")
    assert "new/1" not in before


def test_the_same_again_is_the_same(site: Site) -> None:
    assert [site.put("new", NEWS).status_code for _ in range(3)] == [201, 200, 200]
    assert site.shown("football-5").count("new") == 1


def test_an_article_of_the_training_is_replaced(site: Site) -> None:
    about_water = RECORDS["water-1"]
    assert site.put("football-2", {**about_water, "id": "football-2"}).status_code == 200
    assert "football-2" not in site.shown("football-1", limit=50)
    assert not {"football-1", "football-3"} & set(site.shown("football-2", limit=50))


def test_members_change_one_by_one(site: Site) -> None:
    site.put("new", NEWS)
    answer = site.write("PATCH", "new", {"section": "صحة", "published_at": None, "tags": ["كأس"]})
    assert answer.status_code == 200
    expected = {"id": "new", **NEWS, "section": "صحة", "tags": ["كأس"]}
    del expected["published_at"]
    assert answer.json() == expected
    assert "new" not in site.shown("football-5", section="رياضة", limit=50)
    assert "new" in site.shown("football-5", section="صحة", limit=50)


def test_only_what_is_there_can_be_changed(site: Site) -> None:
    assert_problem(site.write("PATCH", "nobody", {"title": "خبر"}), 404, "article-not-found")


def test_what_is_deleted_is_shown_by_no_list_any_more(site: Site) -> None:
    assert "football-2" in site.shown("football-1", limit=50)
    assert [site.write("DELETE", "football-2").status_code for _ in range(2)] == [204, 204]
    for number in range(1, 7):
        for topic in ("football", "elections", "water", "health"):
            if (topic, number) != ("football", 2):
                for name in ("related", "also-like"):
                    assert "football-2" not in site.shown(f"{topic}-{number}", name, limit=50, fallback="latest")
    assert "football-2" not in ids(site.client.get("/v1/lists/latest", params={"limit": 50}).json())
    assert_problem(site.client.get("/v1/articles/football-2"), 404, "article-not-found")
    assert_problem(site.client.get("/v1/articles/football-2/related"), 404, "article-not-found")
    assert site.put("football-2", RECORDS["football-2"]).status_code == 201
    assert "football-2" in site.shown("football-1", limit=50)


def test_what_is_deleted_stays_so_when_a_training_without_the_journal_still_holds_it(
    site: Site, artifacts: Path
) -> None:
    site.write("DELETE", "football-2")
    site.put("new", NEWS)
    before = site.client.get("/health/ready").json()["model"]
    train_into(artifacts, topic_records())
    eventually(lambda: site.client.get("/health/ready").json()["model"] != before)
    assert "football-2" not in site.shown("football-1", limit=50)
    assert "new" in site.shown("football-5")


def test_another_process_shows_it_soon(site: Site, artifacts: Path) -> None:
    state = site.client.app.state.context.settings.state
    with serving(artifacts, now=lambda: NOW, state=state) as other:
        site.put("new", NEWS)
        eventually(lambda: "new" in Site(other).shown("football-5"), 1)
        site.write("DELETE", "new")
        eventually(lambda: "new" not in Site(other).shown("football-5"), 1)
    with serving(artifacts, now=lambda: NOW, state=state) as later:
        assert later.get("/v1/articles/new/related").status_code == 404


def test_each_change_is_in_the_journal_with_its_key(site: Site) -> None:
    key_id = site.headers["Authorization"].split("_")[1]
    site.put("new", NEWS)
    site.write("DELETE", "new")
    entries = [entry for entry in site.client.app.state.context.journal.after(0) if entry.kind is not Kind.KEY]
    assert [(entry.kind, entry.subject, entry.at, entry.key_id) for entry in entries] == [
        (Kind.ARTICLE, "new", NOW, key_id),
        (Kind.DELETION, "new", NOW, key_id),
    ]
    assert entries[0].payload is None  # the text of what is deleted goes


def test_what_expires_goes_at_that_moment(artifacts: Path) -> None:
    clock = [NOW]
    with serving(artifacts, now=lambda: clock[0]) as client:
        site = Site(client)
        site.put("new", {**NEWS, "expires_at": "2025-04-01T00:00:30Z"})
        assert "new" in site.shown("football-5")
        clock[0] += 30_000_000
        assert "new" not in site.shown("football-5")


def test_what_is_published_later_comes_at_that_moment(artifacts: Path) -> None:
    clock = [NOW]
    with serving(artifacts, now=lambda: clock[0]) as client:
        site = Site(client)
        site.put("new", {**NEWS, "published_at": "2025-04-01T00:00:30Z"})
        assert "new" not in site.shown("football-5")
        clock[0] += 30_000_000
        assert "new" in site.shown("football-5")


@pytest.mark.parametrize(
    ("record", "member"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "خبر", "published_at": "yesterday"}, "published_at"),
        ({"title": "خبر", "tags": "one"}, "tags"),
        ({"title": "خبر", "body": 7}, "body"),
        ({"title": "خبر", "id": "other"}, "id"),
        ([], None),
        ("خبر", None),
        (None, None),
    ],
)
def test_what_is_no_article_is_refused_by_the_member_at_fault(site: Site, record: Any, member: str | None) -> None:
    problem = assert_problem(site.put("new", record), 422, "invalid-input")
    assert problem["errors"][0]["loc"] == ["body", *([] if member is None else [member])]
    assert site.client.get("/v1/articles/new").status_code == 404


def test_an_id_that_is_none_is_refused(site: Site) -> None:
    assert_problem(site.put("x" * 129, NEWS), 422, "invalid-input")
