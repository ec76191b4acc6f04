"""Pages of news sites that do not exist, in the shapes of real ones: one article, dressed by each site's software."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

HOST = "https://duha.example"
SITE = "الضحى اليوم"
TITLE = "مرسى الزيتون تفتح جسرها الجديد أمام المارة"
ADDRESS = f"{HOST}/2026/03/harbour-bridge/"
PICTURE = f"{HOST}/pictures/bridge.jpg"
PARAGRAPHS = (
    "أعلنت بلدية مرسى الزيتون صباح اليوم افتتاح الجسر الجديد أمام المارة والسيارات، بعد عامين من الأشغال المتواصلة.",
    "وقال المهندس المشرف سالم البحري إن الجسر يتحمل ثلاثين ألف سيارة في اليوم الواحد، وإنه صُمم ليقاوم رياح الشتاء.",
    "ويربط الجسر الحي القديم بالميناء، ويختصر الطريق بين ضفتي النهر إلى خمس دقائق بعدما كانت تستغرق نصف ساعة.",
    "وأضافت رئيسة البلدية أن المرحلة التالية تشمل حديقة على الضفة الشرقية، على أن تنتهي الأشغال فيها قبل نهاية العام.",
)
CHOSEN = ("سباق القوارب يعود إلى النهر بعد غياب طويل", "مجلس المدينة يناقش ميزانية الحدائق العامة")
HEADLINES = (
    "الصيادون يطالبون بتوسيع الرصيف الشمالي للميناء…",
    "معرض الكتاب يستقبل زواره في قصر النخيل",
    "فريق المنارة يستعد لمباراة الكأس أمام ضيفه…",
    "مدرسة الحي القديم تفتح مكتبة للأطفال",
)


@dataclass(frozen=True)
class Shown:
    """An article as the pages here show it."""

    title: str = TITLE
    paragraphs: Sequence[str] = PARAGRAPHS
    chosen: Sequence[str] = ()
    section: str = "محليات"
    author: str = "راية الميناء"
    published: str = "2026-03-03T08:30:00+01:00"
    tags: Sequence[str] = ("الجسر الجديد", "مرسى الزيتون")
    post: int = 4711
    head: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def wordpress(shown: Shown = Shown()) -> str:
    """A theme of WordPress with a plugin for search engines: a graph of JSON-LD, the box in the middle of the text."""
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "@id": f"{ADDRESS}#article",
                "isPartOf": {"@id": ADDRESS},
                "author": {"name": shown.author, "@id": f"{HOST}/#/person/1"},
                "headline": shown.title,
                "datePublished": shown.published,
                "dateModified": "2026-03-05T10:00:00+01:00",
                "publisher": {"@id": f"{HOST}/#organization"},
                "image": {"@id": f"{ADDRESS}#primaryimage"},
                "keywords": list(shown.tags),
                "articleSection": ["أخبار"],
                "inLanguage": "ar",
                **shown.data,
            },
            {"@type": "WebPage", "@id": ADDRESS, "url": ADDRESS, "name": f"{shown.title} - {SITE}"},
            {"@type": "ImageObject", "@id": f"{ADDRESS}#primaryimage", "url": PICTURE},
            {
                "@type": "BreadcrumbList",
                "itemListElement": [
                    {"@type": "ListItem", "position": 1, "name": "الرئيسية", "item": f"{HOST}/"},
                    {"@type": "ListItem", "position": 2, "name": shown.section, "item": f"{HOST}/local/"},
                    {"@type": "ListItem", "position": 3, "name": shown.title},
                ],
            },
            {"@type": "Organization", "@id": f"{HOST}/#organization", "name": SITE, "url": HOST},
            {"@type": "WebSite", "@id": f"{HOST}/#website", "name": SITE, "url": HOST},
        ],
    }
    text = [f"<p>{paragraph}</p>" for paragraph in shown.paragraphs]
    if shown.chosen:
        box = "".join(f'<p><a href="{HOST}/?p={n}">{title}</a></p>' for n, title in enumerate(shown.chosen, 20))
        text.insert(2, f"<p><strong>قد يهمك أيضًا</strong></p>{box}")
    return f"""<!DOCTYPE html>
<html dir="rtl" lang="ar">
<head>
<meta charset="UTF-8">
<title>{shown.title} - {SITE}</title>
<link rel="canonical" href="{ADDRESS}">
<link rel="shortlink" href="{HOST}/?p={shown.post}">
<meta property="og:type" content="article">
<meta property="og:title" content="{shown.title} - {SITE}">
<meta property="og:site_name" content="{SITE}">
{shown.head}
<script type="application/ld+json" class="graph">{json.dumps(graph, ensure_ascii=False)}</script>
</head>
<body class="rtl single single-post postid-{shown.post} single-format-standard">
<header><nav><ul><li><a href="{HOST}/">الرئيسية</a></li><li><a href="{HOST}/sport/">رياضة</a></li></ul></nav></header>
<main id="main" class="site-main">
<article id="post-{shown.post}" class="post type-post">
<header class="entry-header"><h1 class="entry-title">{shown.title}</h1>
<div class="entry-meta"><span class="author">{shown.author}</span>
<time datetime="{shown.published}">3 مارس 2026</time></div></header>
<figure class="post-thumbnail"><img src="{PICTURE}" alt=""><figcaption>رئيسة البلدية خلال الافتتاح</figcaption></figure>
<div class="share-bar"><a href="#">شارك على فيسبوك</a> <a href="#">شارك على واتساب</a></div>
<div class="entry-content">
{"".join(text)}
</div>
<footer class="entry-footer">الوسوم: {"".join(f'<a rel="tag" href="#">{tag}</a> ' for tag in shown.tags)}</footer>
</article>
<section class="related-posts"><h3>أخبار ذات صلة</h3><ul>{_items()}</ul></section>
<div id="comments" class="comments-area"><h3>تعليقات</h3>
<ol><li>تعليق طويل من قارئ لا يعجبه لون الجسر ويقول ذلك في جملة كاملة.</li></ol></div>
</main>
<aside class="sidebar"><h3>الأكثر قراءة</h3><ul>{_items()}</ul></aside>
<footer><p>جميع الحقوق محفوظة {SITE} 2026</p></footer>
</body></html>"""


def blogger(shown: Shown = Shown()) -> str:
    """A blog: microdata on its elements, text parted by line breaks, the date in an attribute."""
    return f"""<html class="v2" dir="rtl" lang="ar"><head>
<meta content="text/html; charset=UTF-8" http-equiv="Content-Type"/>
<link href="{ADDRESS}" rel="canonical"/>
<meta content="{PICTURE}" property="og:image"/>
<title>{SITE}: {shown.title}</title></head>
<body><div class="header"><h1 class="title"><a href="{HOST}/">{SITE}</a></h1></div>
<div class="main section"><div class="blog-posts hfeed">
<div class="post hentry" itemprop="blogPost" itemscope="itemscope" itemtype="http://schema.org/BlogPosting">
<h3 class="post-title entry-title" itemprop="name">{shown.title}</h3>
<div class="post-body entry-content" itemprop="description articleBody">
{"<br/><br/>".join(shown.paragraphs)}
</div>
<div class="post-footer">مرسلة بواسطة
<span itemprop="author" itemscope="itemscope" itemtype="http://schema.org/Person">
<span itemprop="name">{shown.author}</span></span>
<abbr class="published" itemprop="datePublished" title="{shown.published}">8:30 ص</abbr>
<span class="post-labels">التسميات: <a href="#" rel="tag">{shown.section}</a></span></div>
</div></div></div>
<div class="sidebar"><h2>المشاركات الشائعة</h2><ul>{_items()}</ul></div></body></html>"""


def hand_made(shown: Shown = Shown()) -> str:
    """A site that somebody wrote: tables, no word about itself, the way to the page in one line."""
    box = ""
    if shown.chosen:
        titles = "".join(f'<div><a href="show.asp?id={n}">{title}</a></div>' for n, title in enumerate(shown.chosen, 7))
        box = f"<div><b>قد يهمك ايضـــًا</b></div>{titles}"
    return f"""<HTML><HEAD><TITLE>{shown.title} | {SITE}</TITLE></HEAD><BODY>
<TABLE width=100%><TR><TD colspan=2><A href="/">{SITE}</A></TD></TR>
<TR><TD width=70%>
<div class=path><a href="/">الرئيسية</a> » <a href="/local.asp">{shown.section}</a></div>
<h1>{shown.title}</h1>
<img src="/pictures/bridge.jpg"><br><span class=caption>رئيسة البلدية خلال الافتتاح</span>
<div id=story>
<p>مرسى الزيتون - {SITE}</p>
{"".join(f"<p>{paragraph}" for paragraph in shown.paragraphs)}
{box}
</div>
<div>View on Duha.example</div>
</TD><TD><b>اخر الاخبار</b><ul>{_items()}</ul></TD></TR></TABLE></BODY></HTML>"""


def accelerated(shown: Shown = Shown()) -> str:
    """A page for telephones (AMP): JSON-LD with line breaks where there may be none, elements of its own."""
    return f"""<!doctype html><html amp lang="ar-MA" dir="rtl"><head><meta charset="utf-8">
<link rel="canonical" href="{ADDRESS}"><title>{shown.title}</title>
<script type="application/ld+json">
<!--
{{"@context":"http://schema.org","@type":["ReportageNewsArticle"],"mainEntityOfPage":"{ADDRESS}",
"headline":"{shown.title}",
"description":"سطر
ثم سطر",
"datePublished":"{shown.published}",
"author":[{{"@type":"Person","name":"{shown.author}"}}],
"image":["{PICTURE}"],
"publisher":{{"@type":"Organization","name":"{SITE}"}},
"articleSection":"{shown.section}","keywords":"{"، ".join(shown.tags)}",
}}
-->
</script></head><body>
<header class="amp-wp-header"><a href="{HOST}/">{SITE}</a></header>
<article class="amp-wp-article"><h1 class="amp-wp-title">{shown.title}</h1>
<figure class="amp-wp-article-featured-image"><amp-img src="{PICTURE}" width="600" height="400"></amp-img></figure>
<div class="amp-wp-article-content">{"".join(f"<p>{paragraph}</p>" for paragraph in shown.paragraphs)}
{"".join(f'<p>اقرأ أيضا: <a href="#">{title}</a></p>' for title in shown.chosen)}</div>
<amp-social-share type="twitter"></amp-social-share></article></body></html>"""


def front() -> str:
    """The first page of a site: nothing but the beginnings of articles."""
    cards = "".join(
        f'<article class="card"><h2><a href="{HOST}/{n}/">{title}</a></h2><p>{text[:60]}…</p></article>'
        for n, (title, text) in enumerate(zip((*HEADLINES, *CHOSEN), PARAGRAPHS * 2, strict=False))
    )
    return f"""<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><title>{SITE}</title>
<link rel="canonical" href="{HOST}/"><meta property="og:type" content="website"></head>
<body class="rtl home blog"><main>{cards}</main></body></html>"""


def login() -> str:
    """A page that asks who one is."""
    return f"""<html lang="ar"><head><title>تسجيل الدخول | {SITE}</title></head><body><h1>تسجيل الدخول</h1>
<form><label>البريد الإلكتروني</label><input name="mail"><label>كلمة السر</label><input name="word">
<button>دخول</button><p>نسيت كلمة السر؟ اضغط هنا.</p></form></body></html>"""


def text_page(
    shown: Shown = Shown(),
    caption: str = "رئيسة البلدية خلال الافتتاح",
    boxes: Sequence[tuple[str, Sequence[str]]] = (),
) -> str:
    """What is on the clipboard when all of a page was marked."""
    chosen = "\n\n".join(("قد يهمك أيضا", *shown.chosen)) if shown.chosen else ""
    below = "\n\n".join("\n".join((f"{heading}\n", *lines)) for heading, lines in boxes)
    head = f"الرئيسية » {shown.section}\n{caption}\n\nمرسى الزيتون - {SITE}\n\n "
    return head + "\n\n".join(shown.paragraphs) + f"\n\n{chosen}\n\nView on Duha.example\n\n{below}"


def _items() -> str:
    return "".join(f'<li><a href="{HOST}/{n}/">{title}</a></li>' for n, title in enumerate(HEADLINES))
