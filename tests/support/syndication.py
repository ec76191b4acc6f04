"""Articles as sites give them away: RSS, Atom, RDF, sitemaps and pages, each as text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from models.article import Article, format_time

SITE = "صحيفة الميناء"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/"'
)
SITEMAP = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def html(article: Article) -> str:
    """The body of an article as HTML: a paragraph for each of its paragraphs."""
    return "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in article.body.split("\n\n") if paragraph)


def rss(articles: Iterable[Article], base: str, full: bool = True, title: str = SITE) -> str:
    """RSS 2.0 as WordPress writes it, the whole text in ``content:encoded``, or a summary alone."""
    items = "".join(_item(article, base, full) for article in articles)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {NAMESPACES}><channel><title>{xml(title)}</title>'
        f"<link>{base}</link><description>أخبار</description><language>ar</language>"
        f"<image><url>{base}/logo.png</url><title>شعار</title><link>{base}</link></image>{items}</channel></rss>"
    )


def _item(article: Article, base: str, full: bool) -> str:
    summary = html(article).partition("\n")[0]
    names = [article.section, *article.tags] if article.section else article.tags
    parts = [
        f"<title>{xml(escape(article.title))}</title>",
        f"<link>{xml(article.url)}</link>" if article.url else "",
        f"<dc:creator><![CDATA[{article.author}]]></dc:creator>" if article.author else "",
        f"<pubDate>{format_datetime(article.published_at)}</pubDate>" if article.published_at else "",
        *(f"<category><![CDATA[{escape(name)}]]></category>" for name in names if name),
        f'<guid isPermaLink="false">{base}/?p={article.id}</guid>',
        f"<description>{xml(summary)}</description>",
        f"<content:encoded>{xml(html(article))}</content:encoded>" if full else "",
        f'<media:content url={quoteattr(article.image_url)} medium="image"/>' if article.image_url else "",
    ]
    return f"<item>{''.join(parts)}</item>"


def atom(articles: Iterable[Article], base: str) -> str:
    """Atom 1.0 with whole texts as XHTML."""
    entries = "".join(_entry(article, base) for article in articles)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ar">'
        f"<title>{SITE}</title><id>{base}/</id><updated>2026-11-24T09:00:00Z</updated>"
        f'<link rel="self" href="{base}/atom.xml"/><link rel="alternate" type="text/html" href="{base}/"/>'
        f"<author><name>{SITE}</name></author>{entries}</feed>"
    )


def _entry(article: Article, base: str) -> str:
    names = [article.section, *article.tags] if article.section else article.tags
    published = format_time(article.published_at) if article.published_at else ""
    parts = [
        f'<title type="text">{xml(article.title)}</title><id>{base}/?p={article.id}</id>',
        "<updated>2026-11-24T09:00:00Z</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(article.url)}/>' if article.url else "",
        f"<published>{published}</published>" if published else "",
        f"<author><name>{xml(article.author)}</name></author>" if article.author else "",
        *(f"<category term={quoteattr(name)}/>" for name in names if name),
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{html(article)}</div></content>',
        f'<link rel="enclosure" type="image/jpeg" href={quoteattr(article.image_url)}/>' if article.image_url else "",
    ]
    return f"<entry>{''.join(parts)}</entry>"


def rdf(articles: Iterable[Article], base: str) -> str:
    """RSS 1.0."""
    items = "".join(
        f"<item rdf:about={quoteattr(article.url or '')}><title>{xml(article.title)}</title>"
        f"<link>{xml(article.url or '')}</link>"
        + (f"<dc:date>{format_time(article.published_at)}</dc:date>" if article.published_at else "")
        + (f"<dc:creator>{xml(article.author)}</dc:creator>" if article.author else "")
        + "".join(f"<dc:subject>{xml(name)}</dc:subject>" for name in (article.section, *article.tags) if name)
        + (f"<media:thumbnail url={quoteattr(article.image_url)}/>" if article.image_url else "")
        + f"<content:encoded><![CDATA[{html(article)}]]></content:encoded></item>"
        for article in articles
    )
    return (
        f'<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" {NAMESPACES}><channel rdf:about="{base}/rdf.xml"><title>{SITE}</title>'
        f"<link>{base}</link><dc:language>ar</dc:language></channel>{items}</rdf:RDF>"
    )


def sitemap(articles: Iterable[Article], lastmod: str | None = "2026-11-24T09:00:00Z") -> str:
    """A urlset of articles' pages."""
    changed = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    urls = "".join(f"<url><loc>{xml(article.url or '')}</loc>{changed}</url>" for article in articles)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {SITEMAP}>{urls}</urlset>'


def news_sitemap(articles: Iterable[Article]) -> str:
    """A sitemap with what Google News asks for."""
    urls = "".join(
        f"<url><loc>{xml(article.url or '')}</loc><news:news><news:publication><news:name>{SITE}</news:name>"
        f"<news:language>ar</news:language></news:publication>"
        + (
            f"<news:publication_date>{format_time(article.published_at)}</news:publication_date>"
            if article.published_at
            else ""
        )
        + f"<news:title>{xml(article.title)}</news:title><news:keywords>{xml('، '.join(article.tags))}</news:keywords>"
        f"</news:news>"
        + (f"<image:image><image:loc>{xml(article.image_url)}</image:loc></image:image>" if article.image_url else "")
        + "</url>"
        for article in articles
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {SITEMAP}>{urls}</urlset>'


def sitemap_index(addresses: Iterable[str], lastmod: str | None = "2026-11-24T09:00:00Z") -> str:
    changed = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    children = "".join(f"<sitemap><loc>{xml(address)}</loc>{changed}</sitemap>" for address in addresses)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex {SITEMAP}>{children}</sitemapindex>'


def page(article: Article, base: str) -> str:
    """The page of an article, with what search engines read and a menu around."""
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": format_time(article.published_at) if article.published_at else None,
        "author": {"@type": "Person", "name": article.author} if article.author else None,
        "articleSection": article.section,
        "keywords": list(article.tags),
        "image": article.image_url,
        "inLanguage": "ar",
        "publisher": {"@type": "Organization", "name": SITE},
        "mainEntityOfPage": article.url,
    }
    told = json.dumps({key: value for key, value in about.items() if value}, ensure_ascii=False).replace("<", "\\u003c")
    title, section = escape(article.title), escape(article.section or "")
    return (
        f'<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title} - {SITE}</title>'
        f'<link rel="canonical" href="{escape(article.url or "")}"><link rel="shortlink" href="{base}/?p={article.id}">'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
        f'<meta property="og:site_name" content="{SITE}"><meta property="og:url" content="{escape(article.url or "")}">'
        f'<meta property="og:image" content="{escape(article.image_url or "")}">'
        f'<script type="application/ld+json">{told}</script></head><body>'
        f'<nav><a href="{base}/">الرئيسية</a> <a href="{base}/news">أخبار</a></nav>'
        f'<ol class="breadcrumb"><li><a href="{base}/">الرئيسية</a></li><li>{section}</li></ol>'
        f"<main><article><h1>{title}</h1>\n{html(article)}</article></main>"
        f"<footer>جميع الحقوق محفوظة لـ{SITE}</footer></body></html>"
    )
