"""Letters come out right whatever charset a document names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.sources.charset import decoded

TEXT = "<p>أعلنت البلدية افتتاح الجسر الجديد أمام المارة، وقال المهندس إنه متين.</p>"
META = '<meta charset="{}">' + TEXT


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("told", [None, "windows-1256", "latin-1"])
def test_byte_order_mark_is_believed_first(charset: str, told: str | None) -> None:
    assert decoded(TEXT.encode(charset), told) == TEXT


@pytest.mark.parametrize(
    "told", [None, "windows-1256", "iso-8859-6", "nonsense", "utf-7", "unicode_escape", "base64", ""]
)
def test_utf8_is_read_as_such_whatever_is_told(told: str | None) -> None:
    page = META.format("windows-1256")
    assert decoded(page.encode(), told) == page


def test_text_cut_inside_a_letter_is_still_utf8() -> None:
    assert decoded((TEXT * 9).encode()[:-400] + b"\xd8", "windows-1256").startswith(TEXT * 5)


@pytest.mark.parametrize("charset", ["windows-1256", "iso-8859-6", "cp720"])
def test_charset_that_server_or_page_names_is_used(charset: str) -> None:
    plain = TEXT.replace("،", "")
    assert decoded(plain.encode(charset), charset) == plain
    page = f'<META http-equiv="Content-Type" content="text/html; charset={charset}">{plain}'
    assert decoded(page.encode(charset)) == page
    page = f'<?xml version="1.0" encoding="{charset}"?>{plain}'
    assert decoded(page.encode(charset)) == page


@pytest.mark.parametrize("told", [None, "utf-8", "unicode_escape", "cp037", "cp037x", "idna"])
def test_arabic_windows_is_found_where_nobody_names_it(told: str | None) -> None:
    assert decoded((TEXT * 4).encode("windows-1256"), told) == TEXT * 4


@given(st.binary(max_size=300), st.text(max_size=12))
def test_bytes_of_any_kind_are_some_text(content: bytes, told: str) -> None:
    decoded(content, told).encode("utf-8")
