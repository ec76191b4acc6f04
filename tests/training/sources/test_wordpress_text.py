"""What an editor wrote and what a site shows become the same text, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.sources.wordpress_text import body_text, rendered, title_text, typeset


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('قال: "نعم" و"لا".', "قال: “نعم” و”لا”."),
        ('("داخل")', "(“داخل”)"),
        ("'أ' و 'ب'", "‘أ’ و ‘ب’"),
        ("it's 'til '99", "it’s ’til ’99"),
        ("شاشة 5\" وطول 6'", "شاشة 5″ وطول 6′"),
        ('"شاشة 5"', "“شاشة 5”"),
        ("أ -- ب --- ج - د...", "أ — ب — ج – د…"),
        ("1990--1995", "1990–1995"),
        ("و3x4 لا 0x9999", "و3×4 لا 0x9999"),
        ('<a title="x -- y">"ن"</a>', '<a title="x -- y">“ن”</a>'),
        ('<pre>"x" --</pre>"ن"', '<pre>"x" --</pre>“ن”'),
        ('<!-- "x" -- -->"ن"', '<!-- "x" -- -->“ن”'),
        ("&lt;'x'&gt;", "&lt;‘x’&gt;"),
        ("نص بلا علامات", "نص بلا علامات"),
    ],
)
def test_typed_marks_are_shown_as_sites_show_them(written: str, shown: str) -> None:
    assert typeset(written) == shown


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<!-- wp:shortcode -->نص<!-- /wp:shortcode -->", "نص"),
        ("أول<!--more-->\n\nثان<!--nextpage-->", "أول\n\nثان"),
        ('[caption id="a"]<img /> تعليق[/caption]نص', "نص"),
        ('[gallery ids="1,2"]نص', "نص"),
        ("[video src=x][/video]نص[audio y]", "نص"),
        ('[vc_row][vc_column width="1/2"]نص[/vc_column][/vc_row]', "نص"),
        ("[divider style=x]نص[spacer /]", "نص"),
        ("قال [هكذا] و[sic] و[1]", "قال [هكذا] و[sic] و[1]"),
        ("https://video.example/1\n\nنص https://a.example", "نص https://a.example"),
        ("<!-- بلا نهاية", ""),
    ],
)
def test_what_is_no_text_goes(written: str, text: str) -> None:
    assert body_text(rendered(written)) == text


def test_titles_are_plain() -> None:
    assert title_text("&#8220;خبر&#8221; <em>عاجل</em> &amp; مهم") == "“خبر” عاجل & مهم"


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "[",
        "[a b=",
        "[/a]",
        "[caption x]",
        "1.",
        "1x",
        "'",
        '"',
        ' "x1"',
        "<p class='wp-caption-text'>",
        "<",
        "--",
    ],
)
def test_long_nonsense_takes_no_long_time(piece: str) -> None:
    assert isinstance(body_text(rendered(f"نص{piece * 20_000} x ...")), str)


@given(st.text(st.sampled_from("ab1 \"'-x.<>![]/&;=ن\n"), max_size=60))
def test_any_text_is_read(written: str) -> None:
    assert "\n\n\n" not in body_text(rendered(written))
