"""A day of a newsroom on two replicas that share a state: what one of them is told holds on both, step by step."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.registry import Registry
from tests.support.newsroom import topic_records, train_into, write_jsonl
from tests.support.processes import START, Server, running, silah_json
from tests.support.serving import eventually

EVERYWHERE = 1.0  # seconds after the answer to a write in which it holds on the other replica as well
LOADED = 10.0  # seconds in which another version is served: a second, and what loading takes on a busy machine
STANDING = ("latest", "most-read", "trending")
PAGES = 4  # one article in so many has its page looked at as well
ON_PAGE = ("related", "also-like")
LAYOUT = [{"name": name, "list": name, "limit": 4} for name in ("also-like", "related", "most-read", "latest")]

NEW = {
    "title": "هيئة المياه تغلق بئرين ملوثتين قرب القرى",
    "body": "أغلقت هيئة المياه بئرين قرب القرى بعد فحص أثبت تلوث المياه. "
    "وقال أطباء مستشفى الشفاء إن حالات التسمم بين الأطفال تراجعت.",
    "section": "صحة",
}
FOLLOW_UP = {
    "title": "هداف النوارس وليد حمدان يعود إلى التدريب",
    "body": "عاد المهاجم وليد حمدان إلى تدريب النوارس بعد إصابة الركبة. "
    "وقال المدرب سامر الجندي إن الهداف قد يلعب نهائي كأس المدينة.",
    "section": "رياضة",
}
BREAKING = {
    "title": "عاجل: النوارس يتوج بكأس المدينة",
    "body": "توج فريق النوارس بكأس المدينة بعد فوزه في النهائي بهدف المهاجم وليد حمدان. "
    "واحتفل المشجعون في ملعب الميناء.",
    "section": "رياضة",
}


class Replica:
    """A server process, asked on connections that stay open."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.address, timeout=10)

    def ask(self, path: str, **parameters: Any) -> dict[str, Any]:
        """An answer that must be one."""
        response = self.http.get(path, params=parameters)
        assert response.status_code == 200, (path, response.text)
        answer: dict[str, Any] = response.json()
        return answer

    def seq(self) -> int:
        """The last entry of the journal that is in effect."""
        return int(self.ask("/health/ready")["seq"])

    def items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        return list(self.ask(f"/v1/{path}", **parameters)["items"])

    def ids(self, path: str, **parameters: Any) -> list[str]:
        return [item["id"] for item in self.items(path, **parameters)]

    def boxes(self, article: str) -> dict[str, list[dict[str, Any]]]:
        """The boxes of a page by their names."""
        return {box["name"]: box["items"] for box in self.ask(f"/v1/articles/{article}/page")["boxes"]}

    def on_page(self, article: str) -> set[str]:
        """All that a page shows beside its article."""
        return {item["id"] for items in self.boxes(article).values() for item in items}

    def export(self, key: dict[str, str]) -> httpx.Response:
        return self.http.get("/v1/articles:export", headers={"Authorization": key["header"]})

    def everything(self, articles: set[str]) -> dict[str, Any]:
        """All lists that readers of some articles can see, and of every fourth of these the page."""
        seen: dict[str, Any] = {name: self.items(f"lists/{name}", limit=50) for name in STANDING}
        for number, article in enumerate(sorted(articles)):
            if number % PAGES == 0:
                seen[article] = self.boxes(article)
            for name in ON_PAGE:
                seen[f"{article}/{name}"] = self.items(f"articles/{article}/{name}", limit=50)
        return seen


class Newsroom:
    """Two replicas, and who writes to them."""

    def __init__(self, folder: Path, state: str, stack: ExitStack) -> None:
        self.folder, self.state = folder, state
        self._stack = stack
        self.first, self.second = self.start(), self.start()
        self.writer, self.admin = self.key("write"), self.key("admin")
        self.articles = {record["id"] for record in topic_records()}

    @property
    def both(self) -> tuple[Replica, Replica]:
        return self.first, self.second

    def start(self) -> Replica:
        server = self._stack.enter_context(running(self.folder, "serve", "--port", "0", "--state", self.state))
        eventually(server.ready, START)
        replica = Replica(server)
        self._stack.callback(replica.http.close)
        return replica

    def key(self, scope: str) -> dict[str, str]:
        made = self.silah("keys", "create", "--scope", scope)
        return {"id": made["id"], "header": f"Bearer {made['key']}"}

    def silah(self, *arguments: str) -> dict[str, Any]:
        return silah_json(self.folder, *arguments, "--state", self.state)

    def tell(
        self,
        replica: Replica,
        method: str,
        path: str,
        body: Any = None,
        *,
        then: Callable[[Replica], None] = lambda _: None,
        admin: bool = False,
    ) -> httpx.Response:
        """Write to a replica; ``then`` is what holds for its next read, and a second later on the other one."""
        key = self.admin if admin else self.writer
        response = replica.http.request(method, f"/v1/{path}", json=body, headers={"Authorization": key["header"]})
        assert response.status_code in {200, 201, 202, 204}, response.text
        then(replica)
        told = replica.seq()
        (other,) = (one for one in self.both if one is not replica)
        eventually(lambda: other.seq() >= told, EVERYWHERE)
        then(other)
        return response

    def publish(self, replica: Replica, article: str, record: dict[str, Any], then: Callable[[Replica], None]) -> None:
        told = self.tell(replica, "PUT", f"articles/{article}", {**record, "published_at": now()}, then=then)
        assert told.status_code == 201
        self.articles.add(article)

    def send(
        self, replica: Replica, events: list[dict[str, Any]], then: Callable[[Replica], None] = lambda _: None
    ) -> None:
        assert self.tell(replica, "POST", "events", {"events": events}, then=then).json()["taken"] == len(events)

    def everything(self) -> dict[str, Any]:
        """What readers can see, the same on both replicas to the last byte of an item."""

        def agreed() -> dict[str, Any] | None:
            seen, other = (one.everything(self.articles) for one in self.both)
            return seen if json.dumps(seen) == json.dumps(other) else None  # a minute may have begun between the two

        seen: dict[str, Any] = eventually(agreed)
        return seen


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def ids_in(seen: Any) -> Iterator[str]:
    """The ids of all items in an answer, however deep they stand."""
    if isinstance(seen, dict):
        if "rank" in seen:
            yield seen["id"]
        else:
            for part in seen.values():
                yield from ids_in(part)
    else:
        for part in seen:
            yield from ids_in(part)


@pytest.fixture
def newsroom(tmp_path: Path, state: str) -> Iterator[Newsroom]:
    """On the visible world, which is trained; its archive is a file beside."""
    write_jsonl(tmp_path / "archive.jsonl", topic_records())
    train_into(tmp_path / "artifacts", topic_records())
    boxes = ("\n".join(f"{name} = {json.dumps(value)}" for name, value in box.items()) for box in LAYOUT)
    (tmp_path / "silah.toml").write_text("".join(f"[[page.boxes]]\n{box}\n" for box in boxes), encoding="utf-8")
    with ExitStack() as stack:
        yield Newsroom(tmp_path, state, stack)


def test_a_day_of_a_newsroom(newsroom: Newsroom) -> None:
    articles_come_and_change(newsroom)
    news_breaks(newsroom)
    an_article_is_taken_down(newsroom)
    an_article_is_pinned(newsroom)
    a_court_decides(newsroom)
    readers_read(newsroom)
    a_bot_repeats_itself(newsroom)
    another_version_is_trained_and_taken_back(newsroom)
    a_key_is_revoked(newsroom)
    a_replica_is_lost_and_comes_back(newsroom)


def articles_come_and_change(newsroom: Newsroom) -> None:
    def is_there(one: Replica) -> None:
        assert one.ask("/v1/articles/health-7")["title"] == NEW["title"]
        assert "health-6" in one.ids("articles/health-7/related")
        assert one.ids("articles/health-7/also-like")
        assert "health-7" in one.ids("articles/health-6/related")
        assert {"related", "also-like", "latest"} <= one.boxes("health-7").keys()

    newsroom.publish(newsroom.first, "health-7", NEW, is_there)

    def is_changed(one: Replica) -> None:
        article = one.ask("/v1/articles/health-7")
        assert (article["title"], article["body"], article["tags"]) == (title, NEW["body"], ["تلوث المياه"])
        assert title in [item["title"] for item in one.items("articles/health-6/related")]
        assert title in [item["title"] for items in one.boxes("health-6").values() for item in items]
        assert NEW["title"] not in [item["title"] for item in one.items("lists/latest")]

    title = "هيئة المياه تغلق ثلاث آبار ملوثة قرب القرى"
    change = {"title": title, "tags": ["تلوث المياه"]}
    newsroom.tell(newsroom.second, "PATCH", "articles/health-7", change, then=is_changed)

    def is_followed_up(one: Replica) -> None:
        assert "football-5" in one.ids("articles/football-7/related")
        assert "football-7" in one.ids("articles/football-5/related")
        assert "football-7" in one.on_page("football-5")

    newsroom.publish(newsroom.second, "football-7", FOLLOW_UP, is_followed_up)


def news_breaks(newsroom: Newsroom) -> None:
    def is_known(one: Replica) -> None:
        assert one.ids("lists/latest")[0] == "breaking"
        assert one.ids("lists/latest", section="رياضة", max_age="1h")[0] == "breaking"
        assert one.boxes("health-2")["latest"][0]["id"] == "breaking"
        for article in ("football-1", "football-2", "football-7"):
            assert "breaking" in one.ids(f"articles/{article}/related"), article
        assert "breaking" in [item["id"] for item in one.boxes("football-2")["related"]]
        assert "breaking" not in one.ids("articles/football-2/related", as_of="2025-04-01", limit=50)

    newsroom.publish(newsroom.first, "breaking", BREAKING, is_known)


def an_article_is_taken_down(newsroom: Newsroom) -> None:
    gone = "football-4"
    assert gone in set(ids_in(newsroom.everything()))
    newsroom.tell(newsroom.second, "DELETE", f"articles/{gone}", then=lambda one: is_not_to_be_had(one, gone))
    newsroom.articles.remove(gone)
    is_gone(newsroom, gone)


def is_gone(newsroom: Newsroom, article: str) -> None:
    assert article not in set(ids_in(newsroom.everything()))
    for one in newsroom.both:
        is_not_to_be_had(one, article)
        assert f'"id": "{article}"' not in one.export(newsroom.admin).text


def is_not_to_be_had(one: Replica, article: str) -> None:
    for path in ("", "/related", "/also-like", "/page"):
        assert one.http.get(f"/v1/articles/{article}{path}").status_code == 404
    assert article not in one.ids("articles/football-2/related", limit=50)
    assert article not in one.ids("articles/football-2/related", limit=50, as_of="2025-04-01")
    assert article not in one.on_page("football-2")


def an_article_is_pinned(newsroom: Newsroom) -> None:
    def is_shown(one: Replica) -> None:
        is_pinned(one.items("articles/football-2/related"))
        is_pinned(one.boxes("football-2")["related"])
        assert "health-4" not in one.ids("articles/football-3/related")

    pin = {"type": "pin", "article_id": "health-4", "source_id": "football-2", "lists": ["related"], "position": 2}
    note = "أسبوع التطعيم"
    newsroom.tell(newsroom.first, "PUT", "rules/pin", {**pin, "note": note}, then=is_shown, admin=True)


def is_pinned(items: list[dict[str, Any]]) -> None:
    assert [item["id"] for item in items if item["reason"] == "pinned"] == [items[1]["id"]] == ["health-4"]
    assert len(items) > 3


def a_court_decides(newsroom: Newsroom) -> None:
    before = newsroom.everything()

    def is_silent(one: Replica) -> None:
        for name in ON_PAGE:
            assert one.items(f"articles/elections-3/{name}") == []
            assert one.items(f"articles/elections-3/{name}", fallback="latest") == []
        boxes = one.boxes("elections-3")
        assert boxes.keys().isdisjoint(ON_PAGE)
        assert boxes["latest"]
        assert "elections-3" in one.ids("articles/elections-2/related")

    source = {"type": "suppress", "source_id": "elections-3", "note": "قرار المحكمة رقم 114"}
    newsroom.tell(newsroom.second, "PUT", "rules/court-page", source, then=is_silent, admin=True)

    def is_not_shown(one: Replica) -> None:
        assert "elections-3" not in one.ids("articles/elections-2/related", limit=50)
        assert "elections-3" not in one.on_page("elections-2")

    target = {"type": "suppress", "article_id": "elections-3", "note": "قرار المحكمة رقم 115"}
    newsroom.tell(newsroom.first, "PUT", "rules/court", target, then=is_not_shown, admin=True)
    assert "elections-3" not in set(ids_in(newsroom.everything()))

    for rule, replica in (("court", newsroom.second), ("court-page", newsroom.first)):
        newsroom.tell(replica, "DELETE", f"rules/{rule}", admin=True)
    assert newsroom.everything() == before


def readers_read(newsroom: Newsroom) -> None:
    for one in newsroom.both:
        assert one.items("lists/most-read") == one.items("lists/trending") == []
    readers = [f"reader-{number}" for number in range(40)]
    for replica, share in ((newsroom.first, readers[::2]), (newsroom.second, readers[1::2])):
        read = [("elections-2", reader) for reader in share] + [("water-3", reader) for reader in share[:16]]
        read += [("breaking", reader) for reader in share[:3]]
        events = [{"type": "read", "article_id": article, "reader": reader} for article, reader in read]
        clicks = [
            {"type": "click", "article_id": "water-3", "source_id": "elections-2", "position": 1, "reader": reader}
            for reader in share[:16]
        ]
        newsroom.send(replica, events + clicks, are_counted)
    for one in newsroom.both:
        assert [item["score"] for item in one.items("lists/most-read")] == [1.0, 0.8, 0.15]
        assert one.ids("lists/most-read", section="رياضة") == ["breaking"]
        assert [item["id"] for item in one.boxes("health-2")["most-read"]] == ["elections-2", "water-3", "breaking"]
        items = one.items("articles/elections-2/also-like")
        assert ("water-3", "co_read") in [(item["id"], item["reason"]) for item in items]
        items = one.boxes("elections-2")["also-like"]
        assert ("water-3", "co_read") in [(item["id"], item["reason"]) for item in items]


def are_counted(one: Replica) -> None:
    for name in ("most-read", "trending"):
        items = one.items(f"lists/{name}")
        assert [item["id"] for item in items] == ["elections-2", "water-3", "breaking"]
        assert {item["reason"] for item in items} == {"popular"}


def a_bot_repeats_itself(newsroom: Newsroom) -> None:
    before = newsroom.everything()
    again = [{"type": "read", "article_id": "breaking", "reader": "reader-0"}] * 500
    everywhere = [{"type": "click", "article_id": f"{number}", "reader": "bot"} for number in range(100)]
    everywhere += [{"type": "click", "article_id": article, "reader": "bot"} for article in sorted(newsroom.articles)]
    for replica in newsroom.both:
        newsroom.send(replica, again)
        newsroom.send(replica, everywhere)
    assert newsroom.everything() == before


def another_version_is_trained_and_taken_back(newsroom: Newsroom) -> None:
    before, first = newsroom.everything(), newsroom.first.server.model()
    seq = newsroom.first.seq()
    done = newsroom.silah("train", "archive.jsonl")
    second = done["version"]
    assert (done["published"], done["articles"]) == (True, len(newsroom.articles))
    registry = Registry(newsroom.folder / "artifacts")
    assert registry.verify(second).journal_seq == seq
    is_served(newsroom, second)
    is_gone(newsroom, "football-4")
    holds_what_came(newsroom)

    answer = newsroom.tell(newsroom.second, "POST", "models:rollback", admin=True).json()
    assert answer == {"current": first, "serving": first}
    assert newsroom.second.items("articles/football-2/related", limit=50) == before["football-2/related"]
    is_served(newsroom, first)
    is_gone(newsroom, "football-4")
    holds_what_came(newsroom)
    assert newsroom.everything() == before

    answer = newsroom.tell(newsroom.first, "POST", f"models/{second}:activate", admin=True).json()
    assert answer == {"current": second, "serving": second}
    assert newsroom.first.server.model() == second
    is_served(newsroom, second)


def is_served(newsroom: Newsroom, version: str | None) -> None:
    for one in newsroom.both:
        eventually(lambda one=one: one.server.model() == version, LOADED)
        for path in ("football-2/related", "football-2/page"):
            assert one.ask(f"/v1/articles/{path}")["model"]["version"] == version


def holds_what_came(newsroom: Newsroom) -> None:
    """Articles, rules and readings are as they were before another version was served."""
    for one in newsroom.both:
        assert "ثلاث آبار" in one.ask("/v1/articles/health-7")["title"]
        assert "health-7" in one.ids("articles/health-6/related")
        assert "football-7" in one.ids("articles/football-5/related")
        assert one.ids("lists/latest")[0] == "breaking"
        is_pinned(one.items("articles/football-2/related"))
        are_counted(one)
        assert "water-3" in one.ids("articles/elections-2/also-like")


def a_key_is_revoked(newsroom: Newsroom) -> None:
    for one in newsroom.both:
        assert one.export(newsroom.writer).status_code == 200
    newsroom.silah("keys", "revoke", newsroom.writer["id"])
    for one in newsroom.both:
        eventually(lambda one=one: one.export(newsroom.writer).status_code == 401, EVERYWHERE)
        header = {"Authorization": newsroom.writer["header"]}
        assert one.http.put("/v1/articles/late", json=NEW, headers=header).status_code == 401
        assert one.http.get("/v1/articles/late").status_code == 404


def a_replica_is_lost_and_comes_back(newsroom: Newsroom) -> None:
    assert newsroom.second.server.stop(signal.SIGKILL) == -signal.SIGKILL
    key = {"Authorization": newsroom.admin["header"]}
    title = "النوارس يطوف المدينة بالكأس"
    told = newsroom.first.http.patch("/v1/articles/breaking", json={"title": title}, headers=key)
    assert told.status_code == 200
    newsroom.second = newsroom.start()
    assert newsroom.second.seq() == newsroom.first.seq()
    assert title in json.dumps(newsroom.everything(), ensure_ascii=False)
    first, second = (one.export(newsroom.admin) for one in newsroom.both)
    assert first.status_code == 200
    assert first.text == second.text
    assert len(first.text.splitlines()) == len(newsroom.articles)
    is_gone(newsroom, "football-4")
    holds_what_came(newsroom)
