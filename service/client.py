"""Client: what a site or an editor asks of Silah, as typed methods; needs `httpx` and nothing else of Silah."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypedDict, Unpack, cast
from urllib.parse import quote

import httpx

Record = Mapping[str, Any]  # an article: id, title, body, section, published_at …
Json = dict[str, Any]


class Query(TypedDict, total=False):
    """What lists can be asked for; times in RFC 3339."""

    limit: int
    section: str
    exclude_section: str
    since: str
    until: str
    max_age: str
    as_of: str
    exclude: list[str]
    min_score: float
    diversity: float
    fallback: Literal["latest", "section", "none"]
    explain: bool
    fields: str


class Answer(TypedDict, total=False):
    """A list has ``items``, that of a draft ``duplicates``, too; a page has ``boxes`` of name, title and items."""

    request_id: str
    source_id: str | None
    as_of: str
    model: Json
    list: str
    items: list[Json]
    boxes: list[Json]
    duplicates: list[Json]
    fallback: str | None
    degraded: bool


class SilahError(Exception):
    """``problem`` is what the service told (RFC 9457); its code is `unreachable` where no service answered."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.problem = dict(problem)


class Silah:
    """Asks a service, with a key where it takes one; for use by many threads, until it is closed."""

    def __init__(self, url: str, key: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        """What cannot be connected is tried twice more, unless ``transport`` says otherwise."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        transport = transport or httpx.HTTPTransport(retries=2)
        self._http = httpx.Client(
            base_url=url, headers=headers, transport=transport, event_hooks={"response": [_raise]}
        )
        self.close = self._http.close

    def related(self, article_id: str, **query: Unpack[Query]) -> Answer:
        return cast("Answer", self._json("GET", f"{_article(article_id)}/related", params=query))

    def also_like(self, article_id: str, **query: Unpack[Query]) -> Answer:
        return cast("Answer", self._json("GET", f"{_article(article_id)}/also-like", params=query))

    def page(self, article_id: str, **query: Unpack[Query]) -> Answer:
        return cast("Answer", self._json("GET", f"{_article(article_id)}/page", params=query))

    def standing(self, name: Literal["latest", "most-read", "trending"], **query: Unpack[Query]) -> Answer:
        return cast("Answer", self._json("GET", f"/v1/lists/{name}", params=query))

    def draft(self, record: Record, **query: Unpack[Query]) -> Answer:
        return cast("Answer", self._json("POST", "/v1/related", json=record, params=query))

    def article(self, article_id: str) -> Json:
        return self._json("GET", _article(article_id))

    def put(self, article_id: str, record: Record) -> Json:
        return self._json("PUT", _article(article_id), json=record)

    def patch(self, article_id: str, changes: Record) -> Json:
        return self._json("PATCH", _article(article_id), json=changes)

    def delete(self, article_id: str) -> None:
        self._json("DELETE", _article(article_id))

    def bulk(self, records: Iterable[Record]) -> Iterator[Json]:
        """Send records one by one, also `{"id": …, "deleted": True}`; one result each."""
        lines = (json.dumps(record).encode() + b"\n" for record in records)
        return self._lines("POST", "/v1/articles:bulk", content=lines, timeout=None)

    def export(self) -> Iterator[Json]:
        return self._lines("GET", "/v1/articles:export")

    def rules(self) -> list[Json]:
        return cast("list[Json]", self._json("GET", "/v1/rules")["rules"])

    def put_rule(self, rule_id: str, rule: Record) -> Json:
        return self._json("PUT", f"/v1/rules/{quote(rule_id, safe='')}", json=rule)

    def delete_rule(self, rule_id: str) -> None:
        self._json("DELETE", f"/v1/rules/{quote(rule_id, safe='')}")

    def events(self, events: Iterable[Mapping[str, Any]]) -> Json:
        return self._json("POST", "/v1/events", json={"events": list(events)})

    def models(self) -> Json:
        return self._json("GET", "/v1/models")

    def activate(self, version: str) -> Json:
        return self._json("POST", f"/v1/models/{quote(version, safe='')}:activate")

    def rollback(self) -> Json:
        return self._json("POST", "/v1/models:rollback")

    def _json(self, method: str, path: str, **given: Any) -> Json:
        (answer,) = list(self._lines(method, path, **given)) or [{}]  # no answer of one object has a second line
        return answer

    def _lines(self, method: str, path: str, **given: Any) -> Iterator[Json]:
        rest = b""
        try:
            with self._http.stream(method, path, **given) as answer:
                for chunk in answer.iter_bytes():
                    *lines, rest = (rest + chunk).split(b"\n")  # not at what else Unicode calls an end of a line
                    yield from map(json.loads, lines)
        except httpx.TransportError as error:
            raise SilahError({"status": 0, "code": "unreachable", "detail": str(error)}) from error
        yield from [json.loads(rest)] if rest else []


def _article(article_id: str) -> str:
    return f"/v1/articles/{quote(article_id, safe='')}"


def _raise(answer: httpx.Response) -> None:
    if not answer.is_success:
        answer.read()
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        other = {"status": answer.status_code, "code": "no-problem", "detail": answer.reason_phrase}
        raise SilahError(answer.json() if is_problem else other)
