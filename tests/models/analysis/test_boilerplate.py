"""Boilerplate: what a page carries beside the article leaves the text, and nothing else does."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import Analyzer, AnalyzerConfig, CleanText, Learned
from models.analysis.boilerplate import Boilerplate

PROSE = "أعلنت البلدية صباح اليوم افتتاح الجسر الجديد أمام المارة بعد عامين من الأشغال."
MORE = "وقال المهندس المشرف إن الجسر يتحمل ثلاثين ألف سيارة في اليوم الواحد."


def clean(body: str) -> CleanText:
    return Boilerplate.default().clean(body)


@pytest.mark.parametrize(
    "heading",
    [
        "قد يهمك أيضا",
        "قد يهمك ايضـــًا :",
        "قَد يُهمّك أيضاً",
        "اقرأ أيضا:",
        "إقرأ المزيد",
        "اقرأ أيضاً في الضحى",
        "أخبار ذات صلة",
        "مواضيع ذات صلة",
        "آخر الأخبار",
        "اخر الاخبار",
        "الأخبار الأكثر قراءة",
        "شاهد أيضا",
    ],
)
@pytest.mark.parametrize(
    "headline", ["مجلس المدينة يناقش ميزانية الحدائق…", "هل تعود الترام؟ ثلاثة أسئلة", "إضراب.. وهدنة"]
)
def test_pasted_block_goes_with_its_headlines(heading: str, headline: str) -> None:
    found = clean(f"{PROSE}\n\n{heading}\n\n{headline}\n{headline}\n\n{MORE}")
    assert found.paragraphs == (PROSE, MORE)
    assert [kind for kind, _ in found.removed] == ["heading", "pasted", "pasted"]


@pytest.mark.parametrize("line", ["وأضاف أن الجسر مفتوح للجميع", "من جهته رحب النادي بالقرار", "كما تقرر تمديد المعرض"])
def test_line_with_which_the_text_goes_on_ends_a_block(line: str) -> None:
    assert clean(f"{PROSE}\n\nقد يهمك أيضا\nمدرسة الحي تفتح مكتبة\n{line}\n{MORE}").paragraphs == (PROSE, line, MORE)


def test_sentence_that_holds_the_words_of_a_heading_stays() -> None:
    sentence = "وكتب لها: قد يهمك أيضا أن تعرفي أن القطار لا يتوقف هنا."
    assert clean(sentence).text == sentence


def test_page_furniture_before_the_text_goes() -> None:
    found = clean(f"الرئيسية » محليات\nرئيسة البلدية خلال الافتتاح\n\nمرسى الزيتون - الضحى اليوم\n\n{PROSE}")
    assert found.paragraphs == (PROSE,)
    assert [kind for kind, _ in found.removed] == ["breadcrumb", "caption", "dateline"]


def test_inline_dateline_and_signature_go() -> None:
    assert clean(f"قصر النخيل (الأفق) - {PROSE}\n\n{MORE} (الأفق)").paragraphs == (PROSE, MORE)


def test_closing_parenthesis_that_is_no_agency_stays() -> None:
    body = "وانتهت المباراة بفوز أصحاب الأرض في الوقت الإضافي (هدف نظيف)"
    assert clean(body).text == body


@pytest.mark.parametrize(
    "line", ["View on Alduha.example", "تابعوا الضحى على وسائل التواصل", "جميع الحقوق محفوظة ٢٠٢٦"]
)
def test_share_and_copyright_lines_go(line: str) -> None:
    assert clean(f"{PROSE}\n{line}").paragraphs == (PROSE,)


@pytest.mark.parametrize(
    "line",
    [
        "اقرأ أيضًا: مجلس المدينة يناقش ميزانية الحدائق",
        "شاهد أيضا | سباق القوارب من فوق المنارة",
        "Read more: the harbour in winter",
        "المصدر: وكالات",
        "تصوير: سالم البحري",
        "صورة أرشيفية",
        "الوسوم: مرسى الزيتون، المرفأ، القوارب",
        "آخر تحديث: 3 مارس 2026",
        "لمتابعة آخر الأخبار انضموا إلى قناتنا على تلغرام",
        "شاركوا هذا المقال عبر واتساب",
        "Next Previous",
        "@duha_news",
        "البريد الإلكتروني: raya@duha.example",
        "Copyright 2026 Duha",
    ],
)
def test_other_furniture_of_one_line_goes(line: str) -> None:
    assert clean(f"{PROSE}\n{line}\n{MORE}").paragraphs == (PROSE, MORE)


@pytest.mark.parametrize(
    "line",
    [
        "شارك وزير المرافئ في اجتماع المجلس صباح الأحد",
        "تابع الفريق تدريباته في ملعب الميناء",
        "نشر في العدد الأول مقالا عن البحر",
        "ثم انتقل إلى المرفأ القديم",
        "اقرأ كثيرا، قال المعلم لتلاميذه",
        "المصدر الأول للمياه في المدينة هو السد",
        "طباعة الكتب تعود إلى المدينة",
    ],
)
def test_line_of_an_article_that_begins_like_furniture_stays(line: str) -> None:
    assert clean(f"{PROSE}\n{line}\n{MORE}").paragraphs == (PROSE, line, MORE)


@pytest.mark.parametrize(
    "tail",
    [
        " المصدر: وكالات",
        " للمزيد تابعوا صفحتنا على فيسبوك",
        " اقرأ أيضا: سباق القوارب من فوق المنارة",
        " raya@duha.example.com للتواصل مع الكاتب أرسل رسالة SMS إلى 0000",
        " * خدمة «الميناء»",
    ],
)
def test_what_is_glued_behind_the_last_sentence_goes(tail: str) -> None:
    assert clean(f"{MORE}\n{PROSE}{tail}").paragraphs == (MORE, PROSE)


def test_what_is_glued_before_the_first_word_goes() -> None:
    found = clean(f"Next Previous {PROSE}\n{MORE}")
    assert found.paragraphs == (PROSE, MORE)
    assert found.removed == (("dateline", "Next Previous"),)


def test_site_adds_lines_and_headings() -> None:
    site = Analyzer(AnalyzerConfig(boilerplate_lines=("عدد اليوم .{1,30}",), boilerplate_headings=("من دفاترنا",)))
    found = site.clean(f"{PROSE}\nعدد اليوم ٤٥٦\n{MORE}\nمن دفاترنا\nحكاية المنارة")
    assert found.paragraphs == (PROSE, MORE)
    assert [kind for kind, _ in found.removed] == ["site", "heading", "pasted"]


@pytest.mark.parametrize("pattern", ["(", ".*", ".{2,}", "", "(?i)next"])  # the last cannot stand among others
@pytest.mark.parametrize("setting", ["boilerplate_lines", "boilerplate_headings"])
def test_bad_expression_of_a_site_is_refused(setting: str, pattern: str) -> None:
    with pytest.raises(ValueError, match="boilerplate"):
        AnalyzerConfig(**{setting: (pattern,)})


def test_learned_lines_sentences_and_datelines_go() -> None:
    analyzer = Analyzer(learned=Learned(frozenset({"هذه الصفحه برعايه الميناء"}), frozenset({"الضحي"})))
    sponsor = "هذه الصفحة برعاية الميناء"
    assert analyzer.clean(f"{PROSE}\n{sponsor}\n{MORE}").removed == (("repeated", sponsor),)
    assert analyzer.clean(f"{sponsor}. {PROSE}\n{MORE} {sponsor}.").paragraphs == (PROSE, MORE)
    assert analyzer.clean(f"سالم – الضحى – {PROSE}").paragraphs == (PROSE,)
    assert analyzer.clean(f"سالم – مرسى – {PROSE}").text == f"سالم – مرسى – {PROSE}"
    assert analyzer.clean(f"{sponsor}.").paragraphs == ()
    assert pickle.loads(pickle.dumps(analyzer)).clean(sponsor).paragraphs == ()
    assert analyzer.fingerprint() != Analyzer().fingerprint()


def test_html_becomes_paragraphs() -> None:
    body = f"<p>{PROSE}</p><script>var x = 1;</script><div>وقال&nbsp;&quot;نعم&quot;.<br>{MORE}</div>"
    assert clean(body).paragraphs == (PROSE, 'وقال "نعم".', MORE)


def test_short_body_without_furniture_stays_whole() -> None:
    assert clean("عنوان قصير").paragraphs == ("عنوان قصير",)
    assert clean("").paragraphs == ()


@given(st.text(max_size=400))
def test_every_line_is_kept_or_named(body: str) -> None:
    found = clean(body)
    assert all(paragraph.strip() for paragraph in found.paragraphs)
    assert all(kind for kind, _ in found.removed)
