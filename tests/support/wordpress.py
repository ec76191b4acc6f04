"""A small WordPress: its REST API on loopback and its export file, as a real one (6.1) answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape as xml_escape

NAME = "صحيفة الميناء"
EMBEDDED = 10  # terms that a post brings along


@dataclass
class Post:
    """A post as an editor wrote it and as the site shows it.

    Attributes:
        modified: when it was last changed, in the site's time, three hours ahead of UTC.
    """

    number: int
    title: str = "افتتاح رصيف جديد في الميناء"
    content: str = "<p>افتتح الوزير رصيفا جديدا.</p>"
    shown_title: str | None = None
    shown: str | None = None
    excerpt: str = ""
    published: str = "2026-03-01T09:30:00"
    modified: str = "2026-03-01T12:30:00"
    categories: tuple[str, ...] = ("اقتصاد",)
    tags: tuple[str, ...] = ()
    author: str = "سلمى الكيلاني"
    image: str = ""
    status: str = "publish"
    password: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    link: str = ""


@dataclass
class WordPress:
    """A site and how it behaves.

    Attributes:
        most: posts that it gives in one answer.
        knows_modified_after: as it does since 5.7.
        totals: whether its answers carry ``X-WP-Total`` and ``X-WP-TotalPages``.
        linked: whether its pages say where the API is.
        pretty: whether the API is under ``/wp-json/``; it is under ``?rest_route=`` always.
        before: what stands before each JSON.
        answers: instead of posts, by the number of the question, from 1: a status and a content.
        closed: the status of the whole API, if it is closed.
        asked: queries for posts, in their order.
    """

    posts: list[Post] = field(default_factory=list)
    most: int = 100
    knows_modified_after: bool = True
    totals: bool = True
    linked: bool = True
    pretty: bool = True
    before: str = ""
    answers: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    closed: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    on_ask: Any = None
    address: str = ""

    def terms(self, taxonomy: str) -> dict[str, int]:
        names = sorted({name for post in self.posts for name in getattr(post, taxonomy)})
        return {name: number for number, name in enumerate(names, 7 if taxonomy == "tags" else 3)}

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve it; gives its address."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # an answer in one piece

            def do_GET(self) -> None:
                status, headers, content = site.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            self.address = f"http://127.0.0.1:{server.server_port}"
            try:
                yield f"{self.address}/"
            finally:
                server.shutdown()
                thread.join()

    def answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        route = query.pop("rest_route", None)
        if route is None and parts.path.startswith("/wp-json/") and self.pretty:
            route = parts.path.removeprefix("/wp-json")
        if route is None:
            return self._page() if parts.path == "/" else (404, {}, b"")
        if self.closed:
            return self._error(self.closed, "rest_disabled", "REST API is disabled.")
        if route == "/":
            return self._json({"name": escape(NAME), "namespaces": ["oembed/1.0", "wp/v2"]})
        if route == "/wp/v2/posts":
            return self._posts(query)
        if route in {"/wp/v2/tags", "/wp/v2/categories"}:
            wanted = set(query["include"].split(","))
            named = self.terms(route.rpartition("/")[2]).items()
            return self._json([{"id": number, "name": escape(name)} for name, number in named if str(number) in wanted])
        return self._error(404, "rest_no_route", "No route was found.")

    def _page(self) -> tuple[int, dict[str, str], bytes]:
        api = f"{self.address}{'/wp-json/' if self.pretty else '/?rest_route=/'}"
        headers = {"Link": f'<{api}>; rel="https://api.w.org/"'} if self.linked else {}
        page = '<!doctype html><html dir="rtl" lang="ar"><head></head><body></body></html>'
        return 200, {"Content-Type": "text/html", **headers}, page.encode()

    def _json(self, found: Any, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return status, {"Content-Type": "application/json", **headers}, (self.before + json.dumps(found)).encode()

    def _error(self, status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
        return self._json({"code": code, "message": message, "data": {"status": status}}, status)

    def _posts(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(query)
        if self.on_ask is not None:
            self.on_ask(len(self.asked))
        if found := self.answers.get(len(self.asked)):
            return found[0], {"Content-Type": "text/html"}, found[1]
        size, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        if not 1 <= size <= self.most:
            return self._error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        found_posts = [post for post in self.posts if post.status == "publish"]
        if self.knows_modified_after:
            after, before = query.get("modified_after", ""), query.get("modified_before", "9999")
            found_posts = [post for post in found_posts if after < post.modified < before]
        if query["orderby"] == "id":
            found_posts.sort(key=lambda post: post.number)
        else:  # those of one second stand in no order that is promised, in pages that come one after the other
            found_posts.sort(key=lambda post: (post.modified, hash((post.number, page * self.knows_modified_after))))
        if query["order"] == "desc":
            found_posts.reverse()
        pages = -(-len(found_posts) // size)
        if page > max(pages, 1):
            return self._error(400, "rest_post_invalid_page_number", "The page number requested is too large.")
        told = {"X_WP_Total": str(len(found_posts)), "X_WP_TotalPages": str(pages)} if self.totals else {}
        return self._json([self._post(post) for post in found_posts[(page - 1) * size : page * size]], **told)

    def _post(self, post: Post) -> dict[str, Any]:
        groups = []
        for taxonomy, called in (("categories", "category"), ("tags", "post_tag")):
            numbers = self.terms(taxonomy)
            names = sorted(getattr(post, taxonomy))[:EMBEDDED]
            groups.append([{"id": numbers[name], "name": escape(name), "taxonomy": called} for name in names])
        media = [{"id": post.number + 5000, "source_url": post.image}] if post.image else []
        hidden = bool(post.password)
        return {
            "id": post.number,
            "date_gmt": post.published,
            "guid": {"rendered": f"{self.address}/?p={post.number}"},
            "modified": post.modified,
            "status": "publish",
            "link": self._link(post),
            "title": {"rendered": post.shown_title or escape(post.title)},
            "content": {"rendered": "" if hidden else post.shown or post.content, "protected": hidden},
            "excerpt": {"rendered": "" if hidden else post.excerpt, "protected": hidden},
            "categories": [self.terms("categories")[name] for name in sorted(post.categories)],
            "tags": [self.terms("tags")[name] for name in sorted(post.tags)],
            "_embedded": {
                "author": [{"id": 1, "name": escape(post.author)}],
                "wp:term": groups,
                **({"wp:featuredmedia": media} if media else {}),
            },
        }

    def _link(self, post: Post) -> str:
        return post.link or f"{self.address}/2026/{post.number}/"

    def export(self) -> bytes:
        """Its export file: authors, categories, posts, and the attachments behind them."""
        head = "".join(
            f"<wp:author><wp:author_login>u{number}</wp:author_login>"
            f"<wp:author_display_name>{_cdata(name)}</wp:author_display_name></wp:author>"
            for name, number in self._authors().items()
        ) + "".join(
            f"<wp:category><wp:term_id>{number}</wp:term_id><wp:cat_name>{_cdata(name)}</wp:cat_name></wp:category>"
            for name, number in self.terms("categories").items()
        )
        items = "".join(map(self._item, self.posts))
        images = "".join(
            f"<item><title>x</title><wp:post_id>{post.number + 5000}</wp:post_id><wp:status>inherit</wp:status>"
            f"<wp:post_type>attachment</wp:post_type><wp:attachment_url>{_cdata(post.image)}</wp:attachment_url></item>"
            for post in self.posts
            if post.image
        )
        return (
            '<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" '
            'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">'
            f"<channel><title>{xml_escape(NAME)}</title><language>ar</language><wp:wxr_version>1.2</wp:wxr_version>"
            f"{head}{items}{images}</channel></rss>"
        ).encode()

    def _authors(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(dict.fromkeys(post.author for post in self.posts), 1)}

    def _item(self, post: Post) -> str:
        terms = "".join(
            f'<category domain="{domain}" nicename="x">{_cdata(name)}</category>'
            for domain, names in (("category", post.categories), ("post_tag", post.tags))
            for name in sorted(names)
        )
        meta = {**post.meta, **({"_thumbnail_id": str(post.number + 5000)} if post.image else {})}
        kept = "".join(
            f"<wp:postmeta><wp:meta_key>{_cdata(key)}</wp:meta_key><wp:meta_value>{_cdata(value)}</wp:meta_value>"
            "</wp:postmeta>"
            for key, value in meta.items()
        )
        return (
            f"<item><title>{_cdata(post.title)}</title><link>{self._link(post)}</link>"
            "<pubDate>Sun, 01 Mar 2026 06:30:00 +0000</pubDate>"
            f"<dc:creator>u{self._authors()[post.author]}</dc:creator>"
            f"<content:encoded>{_cdata(post.content)}</content:encoded>"
            f"<excerpt:encoded>{_cdata(post.excerpt)}</excerpt:encoded><wp:post_id>{post.number}</wp:post_id>"
            f"<wp:post_date_gmt>{post.published.replace('T', ' ')}</wp:post_date_gmt>"
            f"<wp:status>{post.status}</wp:status>"
            f"<wp:post_type>post</wp:post_type><wp:post_password>{post.password}</wp:post_password>{terms}{kept}</item>"
        )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
