"""A small news site on this machine: pages, feeds, sitemaps, robots.txt, with ETag, Last-Modified and a log."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

from models.article import Article
from tests.support import syndication

XML = "application/xml; charset=utf-8"
HTML = "text/html; charset=utf-8"
CHANGED = "Tue, 24 Nov 2026 09:00:00 GMT"


def articles() -> list[Article]:
    """Three articles of invented events."""
    return [
        Article(
            id="101",
            title="افتتاح جسر المدينة القديمة أمام المشاة",
            body="افتتح رئيس البلدية اليوم جسر المدينة القديمة أمام المشاة بعد أعمال ترميم دامت عامين كاملين.\n\n"
            "وقال المهندس المشرف إن الحجارة الأصلية بقيت في مكانها، وإن الإنارة الجديدة تعمل بالطاقة الشمسية.\n\n"
            "ويتوقع المجلس البلدي أن يعبر الجسر أكثر من عشرة آلاف زائر في الأسبوع الأول من افتتاحه.",
            section="محليات",
            published_at=datetime(2026, 11, 23, 7, 30, tzinfo=UTC),
            author="سلمى الحداد",
            tags=("جسور", "ترميم"),
        ),
        Article(
            id="102",
            title="فريق الميناء يفوز بكأس السباحة & يبلغ النهائي",
            body="فاز فريق الميناء بكأس السباحة للمرة الثالثة على التوالي بعد سباق حُسم في الأمتار الأخيرة.\n\n"
            "وأكد المدرب أن اللاعبين تدربوا ستة أشهر في المياه الباردة استعدادا لهذه البطولة الصعبة.\n\n"
            "وتقام المباراة النهائية يوم الجمعة المقبل على مسبح الجامعة بحضور جمهور كبير.",
            section="رياضة",
            published_at=datetime(2026, 11, 23, 18, 5, tzinfo=UTC),
            author="كريم الناصر",
            tags=("سباحة",),
        ),
        Article(
            id="103",
            title="أسعار القمح ترتفع في سوق السهل للأسبوع الثاني",
            body="ارتفعت أسعار القمح في سوق السهل للأسبوع الثاني على التوالي بسبب تأخر الأمطار هذا الموسم.\n\n"
            "وأوضح تاجر حبوب أن المخزون يكفي ثلاثة أشهر، وأن الأسعار ستهدأ مع وصول المحصول الجديد.\n\n"
            "ودعت غرفة التجارة المزارعين إلى الإبلاغ عن الكميات المتوفرة لديهم قبل نهاية الشهر.",
            section="اقتصاد",
            published_at=datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
            author="هالة المصري",
            tags=("قمح", "أسواق"),
        ),
    ]


@dataclass(slots=True)
class Page:
    """What a path answers."""

    content: bytes
    media_type: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    validators: bool = True  # whether it says an ETag and when it changed

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


class NewsSite:
    """Serves articles in every way from a free port while it is entered.

    Attributes:
        articles: as they were given, with the addresses that they have on this site.
        pages: what each path answers; may be changed.
        asked: path and status of every request so far.
    """

    def __init__(self, given: Iterable[Article] | None = None) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        cast("Any", self._server).site = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.asked: list[tuple[str, int]] = []
        self.pages: dict[str, Page] = {}
        self.articles: list[Article] = []
        self.publish(articles() if given is None else given)

    def publish(self, given: Iterable[Article]) -> None:
        """Have these articles, and no others."""
        self.articles = [
            replace(
                article,
                url=f"{self.url}/{quote(article.title.split()[0])}-{article.id}/",
                image_url=f"{self.url}/images/{article.id}.jpg",
                source=syndication.SITE,
                language="ar",
            )
            for article in given
        ]
        first, rest = self.articles[:1], self.articles[1:]
        home = f'<html lang="ar"><head><title>{syndication.SITE}</title>' + "".join(
            f'<link rel="alternate" type="application/{kind}+xml" href="/{kind}.xml">' for kind in ("rss", "atom")
        )
        texts = {
            "/rss.xml": (syndication.rss(self.articles, self.url), "application/rss+xml; charset=utf-8"),
            "/summary.xml": (syndication.rss(self.articles, self.url, full=False), XML),
            "/atom.xml": (syndication.atom(self.articles, self.url), "application/atom+xml; charset=utf-8"),
            "/rdf.xml": (syndication.rdf(self.articles, self.url), XML),
            "/sitemap.xml": (
                syndication.sitemap_index([f"{self.url}/sitemap-1.xml", f"{self.url}/sitemap-2.xml.gz"]),
                XML,
            ),
            "/sitemap-1.xml": (syndication.sitemap(first), XML),
            "/news-sitemap.xml": (syndication.news_sitemap(self.articles), XML),
            "/sitemap.txt": ("\n".join(str(article.url) for article in self.articles), "text/plain; charset=utf-8"),
            "/robots.txt": (f"User-agent: *\nDisallow: /private/\nSitemap: {self.url}/sitemap.xml\n", "text/plain"),
            "/": (f"{home}</head><body><h1>الرئيسية</h1></body></html>", HTML),
        }
        self.pages = {path: Page(text.encode(), media_type) for path, (text, media_type) in texts.items()}
        packed = gzip.compress(syndication.sitemap(rest).encode(), mtime=0)
        self.pages["/sitemap-2.xml.gz"] = Page(packed, "application/gzip")
        for article in self.articles:
            self.pages[str(article.url).removeprefix(self.url)] = Page(
                syndication.page(article, self.url).encode(), HTML
            )

    def paths(self, status: int | None = None) -> list[str]:
        """The paths that were asked for, those of a status alone where it is given."""
        return [path for path, answered in self.asked if status in (None, answered)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        site: NewsSite = cast("Any", self.server).site
        page = site.pages.get(self.path, Page(b"<html><body>404</body></html>", status=404, validators=False))
        known = page.validators and (
            self.headers.get("If-None-Match") == page.etag
            or ("If-None-Match" not in self.headers and self.headers.get("If-Modified-Since") == CHANGED)
        )
        status = 304 if known else page.status
        content = b"" if known else page.content
        site.asked.append((self.path, status))
        self.send_response(status)
        if page.validators:
            self.send_header("ETag", page.etag)
            self.send_header("Last-Modified", CHANGED)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", page.media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing; the site keeps its own log."""
