"""Boilerplate: what a page carries beside the article leaves the text, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.boilerplate import Boilerplate, CleanText

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
