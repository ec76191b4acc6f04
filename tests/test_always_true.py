"""What is always true of every list, over HTTP: random articles, changes, rules, readers and questions, in any order.

What may be shown is judged from the records and rules that were sent, as plainly as can be; only which articles are
of one story or alike in wording is asked of the index. ``make soak`` tries far more examples than ``make unit``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import Phase, given, settings

from models.article import Article, format_time, from_microseconds, parse_time, to_microseconds
from models.artifact import ModelConfig
from models.editorial import Rule
from service.scopes import Scope
from tests.support.changing import article
from tests.support.editorial import any_rule, bars, silences
from tests.support.indexes import seeds
from tests.support.newsroom import train_into
from tests.support.serving import Client, serving
from tests.support.worlds import ODD_IDS

BEGIN = datetime.fromisoformat("2025-03-01T00:00:00Z")
MOMENTS = [BEGIN + timedelta(hours=hour, seconds=-before) for hour in range(0, 14 * 24, 8) for before in (0, 1)]
SECTIONS = ["رياضة", "سياسة", "اقتصاد", "لا قسم"]
OF_ARTICLES, OF_SITE = ("related", "also-like"), ("latest", "most-read", "trending")
LISTS = {"also-like": 2, "related": 5, "latest": 10, "most-read": 10, "trending": 10}  # and how long they are unasked
STEPS, QUESTIONS = 4, 10
JSON = {"Content-Type": "application/json"}
CONFIGS = {"few neighbours": ModelConfig(neighbours=4), "many neighbours": ModelConfig()}


def record(pick: Random, number: int, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An article of any kind: a copy, a headline alone, undated, of the future, soon to expire, with an odd id."""
    made = article(pick, number, told)
    made.pop("expires_at", None)
    if pick.random() < 0.2:
        made["expires_at"] = format_time(pick.choice(MOMENTS))
    if pick.random() < 0.1:
        made["id"] = pick.choice(ODD_IDS)
    return made


class Newsroom:
    """A served site, what was sent to it, and its clock."""

    def __init__(self, client: Client, trained: Sequence[Mapping[str, Any]], clock: list[int], pick: Random) -> None:
        self.client, self.clock, self.pick = client, clock, pick
        self.articles = {one.id: one for one in map(Article.from_record, trained)}
        self.ids = {*self.articles, "لا أحد"}  # deleted ones as well
        self.rules: dict[str, Rule] = {}
        self.number = 1000
        self.headers = client.key(Scope.ADMIN)
        config = client.app.state.context.follower.holder.take().model.manifest.config
        self.finds_copies = config.neighbours > len(trained)  # a copy is found among an article's neighbours
        client.app.state.context.follower.step()  # what is near beyond the known neighbours can be looked for

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.request(method, path, content=content, headers={**JSON, **self.headers})
        assert answer.status_code < 300, answer.text
        return answer

    def change(self) -> None:
        """Something happens."""
        pick = self.pick
        what = pick.choice([self.put, self.put, self.patch, self.delete, self.bulk, self.rule, self.lift, self.read])
        what()

    def _new(self) -> dict[str, Any]:
        self.number += 1
        told = [known.to_record() for known in self.articles.values()]
        made = record(self.pick, self.number, told)
        return {**made, "id": self.pick.choice(sorted(self.ids))} if self.pick.random() < 0.3 else made

    def _keep(self, made: Mapping[str, Any]) -> None:
        self.articles[made["id"]] = Article.from_record(made)
        self.ids.add(made["id"])

    def put(self) -> None:
        made = self._new()
        self.send("PUT", at(made["id"]), made)
        self._keep(made)

    def patch(self) -> None:
        if self.articles:
            known = self.articles[self.pick.choice(sorted(self.articles))].to_record()
            others = self._new()
            names = self.pick.sample(["title", "body", "section", "published_at", "expires_at"], 2)
            changes = {name: others.get(name) for name in names if name != "title" or others.get(name)}
            self.send("PATCH", at(known["id"]), changes)
            self._keep({name: value for name, value in {**known, **changes}.items() if value is not None})

    def delete(self) -> None:
        one = self.pick.choice(sorted(self.ids))
        self.send("DELETE", at(one))
        self.articles.pop(one, None)

    def bulk(self) -> None:
        lines: list[Any] = []
        for _ in range(self.pick.randint(1, 12)):
            if self.pick.random() < 0.25:
                one = self.pick.choice(sorted(self.ids))
                lines.append({"id": one, "deleted": True})
                self.articles.pop(one, None)
            elif self.pick.random() < 0.1:
                lines.append({"id": "bad", "title": " "})
            else:
                lines.append(self._new())
                self._keep(lines[-1])
        told = self.send("POST", "/v1/articles:bulk", b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        assert len(told.text.splitlines()) == len(lines)

    def rule(self) -> None:
        made = any_rule(self.pick, sorted(self.ids), moments=[to_microseconds(moment) for moment in MOMENTS])
        self.send("PUT", f"/v1/rules/{quote(made.id, safe='')}", made.to_record())
        self.rules[made.id] = made

    def lift(self) -> None:
        if self.rules:
            one = self.pick.choice(sorted(self.rules))
            self.send("DELETE", f"/v1/rules/{quote(one, safe='')}")
            del self.rules[one]

    def read(self) -> None:
        some = self.pick.sample(sorted(self.ids), 4)
        events = [
            {"type": self.pick.choice(["click", "read"]), "article_id": one, "reader": f"reader-{number}"}
            for number in range(5)
            for one in some[: self.pick.randint(1, 4)]
        ]
        self.send("POST", "/v1/events", {"events": events})

    def later(self) -> None:
        """The clock moves, back as well."""
        self.clock[0] = to_microseconds(self.pick.choice(MOMENTS)) + self.pick.choice([0, 1, 30_000_000])

    # what was promised

    def together(self, one: str, other: str) -> bool:
        """Whether two articles must not stand in one list: of one story, or alike in wording."""
        index = self.client.app.state.context.follower.holder.take().index
        rows = [index.row_of(each) for each in (one, other)]
        if index.story[rows[0]] == index.story[rows[1]] or rows[1] in index.alike(rows[0]):
            return True
        bodies = {self.articles[each].body for each in (one, other)}
        return self.finds_copies and len(bodies) == 1 and bodies != {""}

    def may_show(self, name: str, page: Article | None, asked: Mapping[str, Any], as_of: int, shown: Article) -> bool:
        """Whether an article may stand in a list as of a moment, beside an article or none."""
        published, expires = (
            None if at is None else to_microseconds(at) for at in (shown.published_at, shown.expires_at)
        )
        now = self.clock[0]
        since = [to_microseconds(parse_time(asked["since"]))] if "since" in asked else []
        since += [as_of - int(asked["max_age"][:-1]) * 86_400_000_000] if "max_age" in asked else []
        until = [to_microseconds(parse_time(asked["until"]))] if "until" in asked else []
        outside = (
            published is not None and published > as_of,
            expires is not None and expires <= as_of,
            page is not None and page.id == shown.id,
            "section" in asked and shown.section != asked["section"],
            "exclude_section" in asked and shown.section == asked["exclude_section"],
            bool(since) and (published is None or published < max(since)),
            bool(until) and (published is None or published > min(until)),
            shown.id in asked.get("exclude", ()),
            any(bars(rule, name, page, shown) for rule in self.rules.values() if rule.is_active(as_of)),
            any(bars(rule, name, page, shown) for rule in self.rules.values() if rule.is_active(now)),
        )
        return not any(outside)

    def moment(self, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> int:
        """The moment that an answer is of, which is the one that was asked for; of now, nothing turns until now."""
        as_of, now = to_microseconds(parse_time(answer["as_of"])), self.clock[0]
        if "as_of" in asked and to_microseconds(parse_time(asked["as_of"])) <= now - 60_000_000:
            assert as_of == to_microseconds(parse_time(asked["as_of"]))
        assert as_of <= now
        return as_of

    def silent(self, name: str, page: Article | None, as_of: int) -> bool:
        moments = (as_of, self.clock[0])
        return any(silences(rule, name, page) for rule in self.rules.values() if any(map(rule.is_active, moments)))

    def check(
        self, name: str, page: Article | None, asked: Mapping[str, Any], answer: Mapping[str, Any], known: bool = True
    ) -> list[str]:
        """Hold a list to all that is promised of every list; its ids. ``known``: whether the page is an article's."""
        items, as_of = answer["items"], self.moment(asked, answer)
        ids = [item["id"] for item in items]
        assert not answer["degraded"]
        assert [item["rank"] for item in items] == list(range(1, len(items) + 1))
        assert len(items) <= asked.get("limit", LISTS[name])
        assert not set(ids) - self.articles.keys()
        for item in items:
            shown = self.articles[item["id"]]
            assert self.may_show(name, page, asked, as_of, shown), (item, asked)
            assert item["title"] == shown.title
            by_score = item["reason"] != "pinned" and not item["reason"].startswith("fallback")
            assert not by_score or item["score"] >= asked.get("min_score", 0) - 1e-6
        assert not (self.silent(name, page, as_of) and items)
        self.unlike([page.id, *ids] if page is not None and known else ids)
        return ids

    def unlike(self, ids: Sequence[str]) -> None:
        """No article twice, and no two that may not stand together."""
        assert max(Counter(ids).values(), default=1) == 1
        for place, one in enumerate(ids):
            for other in ids[:place]:
                assert not self.together(one, other), (one, other)

    # questions

    def ask(self, method: str, path: str, asked: Mapping[str, Any], body: Any = None) -> dict[str, Any]:
        """An answer, which is the same to the last byte when it is asked for and when it is made once more."""
        content = None if body is None else json.dumps(body).encode()
        found = [
            self.client.request(method, path, params=params, content=content)
            for params in (asked, asked, {**asked, "made": "anew"})
        ]
        assert {each.status_code for each in found} == {200}, found[0].text
        assert len({each.content for each in found}) == 1
        answer: dict[str, Any] = found[0].json()
        return answer

    def asked(self, *names: str) -> dict[str, Any]:
        """Some of the parameters of these names, with any values."""
        pick, moments = self.pick, [format_time(moment) for moment in MOMENTS]
        values: dict[str, Any] = {
            "limit": pick.choice([1, 2, 3, 5, 50]),
            "section": pick.choice(SECTIONS),
            "exclude_section": pick.choice(SECTIONS),
            "since": pick.choice(moments),
            "until": pick.choice(moments),
            "max_age": pick.choice(["1d", "3d", "9d"]),
            "as_of": pick.choice(moments),
            "exclude": pick.sample(sorted(self.ids), 2),
            "min_score": pick.choice([0.0, 0.1, 0.3, 1.0]),
            "diversity": pick.choice([0.0, 0.5, 1.0]),
            "fallback": pick.choice(["latest", "section", "none"]),
            "explain": pick.choice(["true", "false"]),
        }
        often = {"limit": 0.7, "fallback": 0.3, "exclude": 0.3}
        return {name: values[name] for name in names or values if pick.random() < often.get(name, 0.15)}

    def question(self) -> None:
        """Ask something, and hold the answer to what is promised."""
        pick = self.pick
        what = pick.choice(
            [self.of_article, self.of_article, self.of_article, self.filtered, self.page, self.of_site, self.draft]
        )
        what()

    def of_article(self) -> None:
        one, asked = self.pick.choice(sorted(self.ids)), self.asked()
        name, page = self.pick.choice(OF_ARTICLES), self.articles.get(one)
        if page is None and asked.get("fallback", "none") == "none":
            assert self.client.get(f"{at(one)}/{name}", params=asked).status_code == 404
            assert self.client.get(at(one)).status_code == 404
            return
        ids = self.check(name, page, asked, self.ask("GET", f"{at(one)}/{name}", asked))
        if name == "also-like" and page is not None:
            usual = self.ask("GET", f"{at(one)}/related", {key: asked[key] for key in ("as_of",) if key in asked})
            shown = [item["id"] for item in usual["items"]]
            assert not [(one, other) for one in shown for other in ids if one == other or self.together(one, other)]

    def filtered(self) -> None:
        """A section, or less than that, has all that it could have: five where there are five."""
        if not self.articles:
            return
        one = self.articles[self.pick.choice(sorted(self.articles))]
        name = self.pick.choice(OF_ARTICLES)
        path, moment = f"{at(one.id)}/{name}", self.asked("as_of")
        whole = self.check(name, one, {**moment, "limit": 50}, self.ask("GET", path, {**moment, "limit": 50}))
        narrow = self.pick.choice(
            [
                {"section": self.pick.choice(SECTIONS)},
                {"exclude_section": self.pick.choice(SECTIONS)},
                {"exclude": whole[:3]},
            ]
        )
        asked = {**moment, **narrow, "limit": 50}
        answer = self.ask("GET", path, asked)
        many = self.check(name, one, asked, answer)
        few = self.check(name, one, {**asked, "limit": 5}, self.ask("GET", path, {**asked, "limit": 5}))
        pins = any(item["reason"] == "pinned" for item in answer["items"])  # each has its position, or has none
        assert pins or len(few) == min(5, len(many))
        as_of = self.moment(asked, answer)
        left = [each for each in whole if self.may_show(name, one, asked, as_of, self.articles[each])]
        missing = [each for each in left if each not in many and not any(self.together(each, it) for it in many)]
        assert len(many) == 50 or not missing

    def page(self) -> None:
        one, asked = (
            self.pick.choice(sorted(self.articles) or ["لا أحد"]),
            self.asked("as_of", "exclude", "fallback", "explain"),
        )
        page = self.articles.get(one)
        if page is None:
            return
        answer = self.ask("GET", f"{at(one)}/page", asked)
        shown: list[str] = []
        for box in answer["boxes"]:
            name = "latest" if box["name"].startswith("section-") else box["name"]
            of = {**asked, "section": box["title"]} if box["name"].startswith("section-") else asked
            shown += self.check(name, page, of, {**answer, "items": box["items"]})
            assert box["items"]
        self.unlike([one, *shown])

    def of_site(self) -> None:
        asked = self.asked(*({*PARAMETERS} - {"min_score", "diversity", "explain"}))
        name = self.pick.choice(OF_SITE)
        answer = self.ask("GET", f"/v1/lists/{name}", asked)
        ids = self.check(name, None, asked, answer)
        if name == "latest":
            as_of = self.moment(asked, answer)
            times = [self.articles[one].published_at or datetime.min.replace(tzinfo=BEGIN.tzinfo) for one in ids]
            pinned = [item["reason"] == "pinned" for item in answer["items"]]
            assert any(pinned) or times == sorted(times, reverse=True)
            allowed = [one.id for one in self.articles.values() if self.may_show(name, None, asked, as_of, one)]
            missing = [one for one in allowed if one not in ids and not any(self.together(one, it) for it in ids)]
            assert len(ids) == asked.get("limit", LISTS["latest"]) or not missing or self.silent(name, None, as_of)

    def draft(self) -> None:
        made, asked = self._new(), self.asked()
        if self.pick.random() < 0.6:
            del made["id"]
        answer = self.ask("POST", "/v1/related", asked, made)
        as_of = to_microseconds(parse_time(answer["as_of"]))
        page = Article.from_record({"id": "\ufffc", "published_at": format_time(from_microseconds(as_of)), **made})
        self.check("related", page, asked, answer, known=False)
        for same in answer["duplicates"]:
            assert same["id"] != page.id
            assert self.may_show("related", page, {}, as_of, self.articles[same["id"]])


PARAMETERS = ("limit", "section", "exclude_section", "since", "until", "max_age", "as_of", "exclude", "fallback")


def at(article_id: str) -> str:
    return f"/v1/articles/{quote(article_id, safe='')}"


class World:
    """Artifacts, and the records that they were trained on."""

    def __init__(self, artifacts: Path, records: Sequence[Mapping[str, Any]]) -> None:
        self.artifacts, self.records = artifacts, records


@pytest.fixture(scope="module", params=CONFIGS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Some random articles, trained."""
    pick = Random(request.param)
    records: dict[str, dict[str, Any]] = {}
    for number in range(45):
        made = record(pick, number, [*records.values()])
        records[made["id"]] = made
    folder = tmp_path_factory.mktemp("always") / "artifacts"
    train_into(folder, [*records.values()], config=CONFIGS[request.param])
    return World(folder, [*records.values()])


# a seed cannot be made smaller: what fails is told at once
@settings(max_examples=max(6, settings.default.max_examples // 10), phases=[Phase.explicit, Phase.generate])
@given(seeds)
def test_lists_keep_their_promises_whatever_happens(world: World, pick: Random) -> None:
    clock = [to_microseconds(MOMENTS[-1])]
    with serving(world.artifacts, now=lambda: clock[0], deadline_seconds=60) as client:
        room = Newsroom(client, world.records, clock, pick)
        for _ in range(STEPS):
            for _ in range(pick.randint(1, 4)):
                room.change()
            if pick.random() < 0.5:
                room.later()
            for _ in range(QUESTIONS):
                room.question()
