"""Markup is cut in linear time, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.boilerplate import plain_lines
from models.analysis.markup import Tag, characters, pieces

MANY = 50_000

NEVER_CLOSED = ["<a ", "<!--", "<![CDATA[", '<a href="', "<a b='c", "<a b=", "</", "</a ", "<?", "<!x ", "<a<a", "<"]


def cut(source: str) -> list[str]:
    return [f"/{piece.name}" if piece.closes else piece.name for piece in pieces(source) if isinstance(piece, Tag)]


@pytest.mark.parametrize("opening", NEVER_CLOSED)
@pytest.mark.parametrize("ending", ["", ">", "'>", '"', "--", "]]>"])
def test_what_is_never_closed_takes_no_longer_the_more_there_is(opening: str, ending: str) -> None:
    lines = plain_lines(f"<p>سطر</p>{opening * MANY}{ending}")
    assert lines[0] == "سطر"


def test_elements_within_each_other_take_no_longer_the_deeper_they_are() -> None:
    assert plain_lines("<div>" * MANY + "سطر" + "</div>" * MANY) == ["سطر"]
    assert plain_lines("<template>" * MANY + "</iframe>" * MANY + "سطر") == []
    assert plain_lines("<figcaption>" * MANY + "</figcaption>" * MANY + "سطر") == ["سطر"]


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ('<p title="a > b">س</p>', ["p", "/p"]),
        ("<P CLASS='a'>س<BR/>", ["p", "br"]),
        ("<!doctype html><!-- <b> --><i>", ["i"]),
        ("<![CDATA[ <b> ]]><i>", ["i"]),
        ("<?xml version='1.0'?><i></ >", ["i"]),
        ("<script>if (a<b) '</b>'</SCRIPT><i>", ["script", "/script", "i"]),
        ("<script src='x'/><i>", ["script", "i"]),
        ("<style>a<b>", ["style"]),
        ("3 < 4 <b", []),
        ('<a href="never closed>س</a>', ["a", "/a"]),
    ],
)
def test_tags_are_found(source: str, tags: list[str]) -> None:
    assert cut(source) == tags


def test_text_between_tags_stands_as_it_is() -> None:
    assert [piece for piece in pieces("ا <b>&amp; ب</b> 3 < 4") if isinstance(piece, str)] == [
        "ا ",
        "&amp; ب",
        " 3 < 4",
    ]


def test_numbers_that_are_no_character_are_replaced() -> None:
    assert characters("&#1575; &amp; &#" + "1" * 5_000 + "; &#xfffffffff;") == "ا & \ufffd \ufffd"


@given(st.text(alphabet="<>/!-[]ab \"'&;=?", max_size=200))
def test_whatever_stands_there_pieces_come_in_their_order(source: str) -> None:
    end = 0
    for piece in pieces(source):
        start = piece.start if isinstance(piece, Tag) else source.find(piece, end)
        assert start >= end
        end = piece.end if isinstance(piece, Tag) else start + len(piece)
    assert end <= len(source)
