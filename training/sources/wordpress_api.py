"""The REST API of a WordPress: where it is, and what it answers, whatever stands around the JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from models.errors import FetchError, SourceError
from training.sources.discovery import tags
from training.sources.fetching import Answer
from training.sources.opening import shown
from training.sources.web import Web

_RELATION = "https://api.w.org/"
_LINK = re.compile(r"<([^<>]{1,2000})>\s*;[^,<>]{0,200}\brel=\"?https://api\.w\.org/\"?")
_PARTS = 20  # places at which JSON may begin, looked at where something else stands before it
_JSON = re.compile(r"\[\s*(?:\{\s*\"|\])|\{\s*\"")
_CLOSED = frozenset({"status_401", "status_403"})


@dataclass(frozen=True, slots=True)
class Api:
    """An API that was found.

    Attributes:
        root: its address, which ends in ``/wp-json/`` or in ``?rest_route=/``.
        site: the name of the site, as HTML.
        language: of its pages: ``ar``.
        shown: the address that was given, without password.
    """

    root: str
    site: str
    language: str
    shown: str
    web: Web

    def posts(self, page: int, per_page: int, asked: Mapping[str, str]) -> tuple[list[Any], int, int]:
        """The posts that fit, how many pages of them there are, and how many posts; -1 where it is not said.

        Raises:
            FetchError: there is no answer.
            SourceError: the API is closed, or the answer is no list.
        """
        query = {**asked, "page": page, "per_page": per_page, "_embed": "author,wp:term,wp:featuredmedia"}
        try:
            answer = self.web.fetcher.get(_route(self.root, "wp/v2/posts", query))
        except FetchError as error:
            if error.reason in _CLOSED:
                raise SourceError(f"cannot read {self.shown}: {_closed(error)}") from error
            raise
        found = _read(answer)
        if not isinstance(found, list):
            raise SourceError(f"cannot read {self.shown}: {_said(found)}")
        return found, _number(answer, "X-WP-TotalPages"), _number(answer, "X-WP-Total")

    def names(self, route: str, numbers: Sequence[int]) -> dict[int, str]:
        """Names of at most 100 categories or tags by their numbers; empty where the site does not tell them.

        Raises:
            FetchError: there is no answer.
        """
        query = {"include": ",".join(map(str, numbers)), "per_page": len(numbers)}
        try:
            found = _read(self.web.fetcher.get(_route(self.root, f"wp/v2/{route}", query)))
        except FetchError as error:
            if error.reason.startswith("status_4"):
                return {}
            raise
        except SourceError:
            return {}
        terms = [term for term in found if isinstance(term, dict)] if isinstance(found, list) else []
        return {
            term["id"]: term["name"]
            for term in terms
            if isinstance(term.get("id"), int) and isinstance(term.get("name"), str)
        }


def find_api(url: str, web: Web) -> Api:
    """The API of a site, given by its address, that of a folder in it, or that of the API itself.

    Raises:
        SourceError: there is none, or it is closed; the message says what to do.
    """
    called = shown(url)
    home, roots = _given(url)
    language = ""
    failures: list[str] = []
    try:
        answer = web.fetcher.get(home)
    except FetchError as error:
        failures.append(str(error))
    else:
        named = ""
        for tag, attributes in tags(answer.document):
            if tag == "html":
                language = language or attributes.get("lang", "").strip()
            elif attributes.get("rel") == _RELATION:
                named = named or attributes.get("href", "")
        linked = _LINK.search(answer.headers.get("link", ""))
        if told := (linked.group(1) if linked else named):
            roots.append(_as_given(urljoin(answer.document.url or home, told), urlsplit(url).netloc))
    base = home.partition("?")[0].rstrip("/") + "/"
    for root in dict.fromkeys((*roots, f"{base}wp-json/", f"{base}?rest_route=/")):
        try:
            index = _read(web.fetcher.get(root))
        except FetchError as error:
            failures.append(_closed(error) if error.reason in _CLOSED else str(error))
        except SourceError as error:
            failures.append(str(error))
        else:
            if isinstance(index, dict) and "wp/v2" in _strings(index.get("namespaces")):
                name = index.get("name")
                return Api(root, name if isinstance(name, str) else "", language, called, web)
            failures.append(_said(index))
    raise SourceError(f"cannot read {called}: there is no REST API of WordPress: {'; '.join(dict.fromkeys(failures))}")


def _given(url: str) -> tuple[str, list[str]]:
    """The site that an address is of, and the API, where it is the address of that."""
    parts = urlsplit(url)
    if "rest_route=" in parts.query:
        return urlunsplit(parts._replace(query="", fragment="")), [urlunsplit(parts._replace(query="rest_route=/"))]
    if "/wp-json" in parts.path:
        home = parts._replace(path=parts.path.partition("wp-json")[0], query="", fragment="")
        return urlunsplit(home), [urlunsplit(home._replace(path=f"{home.path}wp-json/"))]
    return url, []


def _as_given(url: str, netloc: str) -> str:
    """An address with user and password, where these were given for its host."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=netloc)) if parts.netloc == netloc.rpartition("@")[2] else url


def _route(root: str, route: str, asked: Mapping[str, object]) -> str:
    parts = urlsplit(root)
    query = urlencode(asked, safe=":,")
    if "rest_route=" in parts.query:
        return urlunsplit(parts._replace(query=f"{parts.query.rstrip('/')}/{route}&{query}"))
    kept = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{route}", query=kept + query))


def _read(answer: Answer) -> Any:
    """The JSON of an answer; notices that PHP writes before it, and a byte order mark, are passed over.

    Raises:
        SourceError: there is none.
    """
    text = answer.document.content.decode("utf-8-sig", errors="replace").strip()
    decoder = json.JSONDecoder()
    starts = [found.start() for found, _ in zip(_JSON.finditer(text), range(_PARTS), strict=False)]
    for start in starts if text[:1] not in {"[", "{"} else [0]:
        try:
            return decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue
    told = "HTML, perhaps of a firewall or a cache that asks for a person" if text[:1] == "<" else "no JSON"
    raise SourceError(f"cannot read {answer.document.name}: the answer is {told}")


def _said(found: Any) -> str:
    """What an answer says that is not what was asked for."""
    if isinstance(found, dict) and isinstance(found.get("code"), str):
        return f"the site says {found['code'][:60]}: {str(found.get('message', ''))[:200]}"
    return "the answer is not that of a WordPress"


def _closed(error: FetchError) -> str:
    return (
        f"{error}; the REST API is closed for visitors: let it be read under /wp/v2/posts, give user and application "
        "password in the address, or read an export file (Tools > Export)"
    )


def _number(answer: Answer, name: str) -> int:
    told = answer.headers.get(name, "")
    return int(told) if re.fullmatch(r"[0-9]{1,12}", told) else -1


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
