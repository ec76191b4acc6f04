"""XML is read element by element, whole or not at all, whatever it tries."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import RecordError, SourceError
from training.sources import trees
from training.sources.trees import Element, read_elements
from training.sources.xmltext import BLOCK

NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def elements(
    data: bytes | BinaryIO,
    wanted: tuple[str, ...] = ("item",),
    roots: tuple[str, ...] = ("rss",),
    namespaces: dict[str, str] | None = None,
) -> Iterator[Element | RecordError]:
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    return read_elements(file, "export.xml", wanted, roots, namespaces)


def titles(data: bytes | BinaryIO) -> list[str]:
    return [found.get("title") for found in elements(data) if isinstance(found, Element)]


def until_refused(data: bytes | BinaryIO) -> tuple[list[Element | RecordError], str]:
    found: list[Element | RecordError] = []
    with pytest.raises(SourceError) as refused:
        found.extend(elements(data))
    return found, str(refused.value)


def rss(*items: str, head: str = "") -> bytes:
    return f"<rss>{head}<channel>{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>".encode()


def test_elements_come_with_all_that_is_in_them() -> None:
    (item,) = elements(
        '<rss><channel><title>موقع</title><item n="1">أ<title> خبر <b>عاجل</b> </title>ب<tag>١</tag>'
        "<tag>٢</tag></item></channel></rss>".encode()
    )

    assert isinstance(item, Element)
    assert (item.name, item.attributes, item.text) == ("item", {"n": "1"}, "أب")
    assert item.get("title") == "خبر"
    assert [tag.text for tag in item.all("tag")] == ["١", "٢"]
    assert item.get("link") == ""


def test_texts_and_elements_stand_in_their_order() -> None:
    (item,) = elements("<rss><item>قال <b>الوزير</b> إن<br/></item></rss>".encode())
    assert isinstance(item, Element)
    assert [piece if isinstance(piece, str) else piece.name for piece in item.content] == ["قال ", "b", " إن", "br"]


def test_base_and_language_hold_for_all_within() -> None:
    one, other, broken, long = elements(
        b'<rss xml:base="https://site.example/a/" xml:lang="ar"><item xml:base="b/" xml:lang="en"/><item/>'
        b'<item xml:base="http://[x"/><item xml:base="' + b"c" * trees.MAX_BASE + b'/"/></rss>'
    )
    assert isinstance(one, Element)
    assert (one.base, one.language) == ("https://site.example/a/b/", "en")
    for item in (other, broken, long):
        assert isinstance(item, Element)
        assert (item.base, item.language) == ("https://site.example/a/", "ar")


def test_names_have_the_prefix_of_the_reader_whatever_that_of_the_document() -> None:
    document = (
        f'<s:urlset xmlns:s="{SITEMAP}"><s:url><n:news xmlns:n="{NEWS}"><n:title>خبر</n:title></n:news></s:url>'
        f'<url xmlns="{SITEMAP}"><n:news>لا</n:news></url></s:urlset>'
    )

    found = list(elements(document.encode(), ("url",), ("urlset",), {SITEMAP: "", NEWS: "news"}))

    assert [[child.name for child in url.children] for url in found if isinstance(url, Element)] == [
        ["news:news"],
        ["n:news"],  # declared nowhere there: as it is written
    ]
    assert isinstance(found[0], Element)
    assert found[0].children[0].get("news:title") == "خبر"


def test_a_wanted_element_within_another_is_part_of_that() -> None:
    (item,) = elements(rss("<item><title>داخل</title></item>"))

    assert isinstance(item, Element)
    assert item.children[0].get("title") == "داخل"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("سطر\x0bثان\x1b", "سطرثان"),
        ("&#11;خبر&#x1B;&#55357;&#1114112;", "خبر"),
        ("شركة أ & ب", "شركة أ & ب"),
        ("?a=1&b=2&copy=3", "?a=1&b=2&copy=3"),
        ("أ&nbsp;ب&laquo;ج&raquo;", "أ\xa0ب«ج»"),
        ("&LT;&unknown;", "&LT;&unknown;"),
        ("&lt;b&gt;&amp;&quot;&apos;&#1582;&#x62E;", "<b>&\"'خخ"),
        ("<![CDATA[<p>أ & ب &nbsp; &#11; \x0c&lt;</p>]]>", "<p>أ & ب &nbsp;  &lt;</p>"),
        ("<![CDATA[أ]]]]><![CDATA[>ب]]>&", "أ]]>ب&"),
    ],
)
def test_what_exports_get_wrong_is_repaired(text: str, read: str) -> None:
    assert titles(rss(f"<title>{text}</title>")) == [read]


@given(st.text(st.sampled_from("ab &;#1x<>[]!CDATA\x0bخ"), max_size=40), st.integers(0, 60))
def test_where_a_block_ends_changes_nothing(text: str, before: int) -> None:
    held = text.replace("]]>", "").rstrip("]").rstrip("]")
    document = rss(f"<title><![CDATA[{held}]]></title>", f"<title>{'&nbsp;&amp;&#1582;& <![CDATA[&]]>' * 2}</title>")
    padded = b"<rss>" + b" " * (BLOCK - 5 - before) + document.removeprefix(b"<rss>")

    assert titles(padded) == titles(document)


@pytest.mark.parametrize(
    ("declared", "real"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "windows-1256"),
        ("windows-1256", "utf-8"),
        ("windows-1256", "windows-1256"),
        ("iso-8859-6", "iso-8859-6"),
        ("no-such-thing", "windows-1256"),
        ("unicode_escape", "windows-1256"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-8-sig"),
        ("utf-16", "utf-16-be"),
    ],
)
def test_letters_are_read_whatever_encoding_is_declared(declared: str, real: str) -> None:
    document = f'<?xml version="1.0" encoding="{declared}"?>\n<rss>{" " * BLOCK}<item><title>{{}}</title></item></rss>'

    assert titles(document.format("مجلس الوزراء").encode(real)) == ["مجلس الوزراء"]


def test_letters_cut_in_the_middle_leave_the_others_as_they_are() -> None:
    data = rss("<title>وزارة الصحة ؟</title>").replace("؟".encode(), "؟".encode()[:1])

    assert titles(data) == ["وزارة الصحة �"]


@pytest.mark.parametrize(
    "before",
    [
        "\ufeff\n\n",
        "\n <?xml version='1.0' encoding='UTF-8' standalone='yes'?>",
        "<br />\n<b>Warning</b>:  Undefined variable in <b>/srv/x.php</b><br />\n<?xml version='1.0'?>",
        "Notice: Undefined index\n",
        "<?xml version='1.1'?>",
        " " * (2 * BLOCK),
        "<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' 'http://my.netscape.example/rss.dtd'>",
    ],
)
def test_what_stands_before_a_document_is_passed_over(before: str) -> None:
    assert titles(before.encode() + rss("<title>خبر</title>")) == ["خبر"]


def test_what_stands_after_a_document_is_passed_over() -> None:
    assert titles(rss("<title>خبر</title>") + b"\n<!-- cached --><script>x</script></rss>&") == ["خبر"]


LAUGHS = "".join(f'<!ENTITY h{n} "{f"&h{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE rss [<!ENTITY h0 "ha">{LAUGHS}]><rss><item><title>&h9;</title></item></rss>',
    "quadratic blow-up": f'<!DOCTYPE rss [<!ENTITY h "{"ha" * 50000}">]><rss><item>{"&h;" * 50000}</item></rss>',
    "external entity": '<!DOCTYPE rss [<!ENTITY h SYSTEM "file:///etc/passwd">]><rss><item>&h;</item></rss>',
    "external subset of a parameter": '<!DOCTYPE rss [<!ENTITY % h SYSTEM "http://127.0.0.1/h"> %h;]><rss/>',
    "attributes by default": f'<!DOCTYPE rss [<!ATTLIST i x CDATA "{"x" * 50000}">]><rss>{"<i/>" * 50000}</rss>',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_document_with_declarations_of_its_own_is_refused(bomb: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text(bomb, encoding="utf-8")

    tracemalloc.start()
    with path.open("rb") as file:
        found, message = until_refused(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == []
    assert "declares entities" in message
    assert peak < 8_000_000


def test_an_outer_document_type_is_not_fetched() -> None:
    document = b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + rss("<title>a&h;b</title>")

    assert titles(document) == ["a&h;b"]


def test_elements_nested_too_deeply_are_refused() -> None:
    found, message = until_refused(b"<rss><item/>" + b"<a>" * 100_000)

    assert len(found) == 1
    assert "more than 100 elements are nested" in message


def test_a_tag_without_end_is_refused() -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            self.read_bytes += size
            return b"<rss><item/><item " + b"x" * size if self.read_bytes == size else b"x" * size

    file = Endless()
    found, message = until_refused(file)  # type: ignore[arg-type]  # as much of a file as is read

    assert len(found) == 1
    assert "a tag has more than" in message
    assert file.read_bytes < 3 * trees.MAX_TAG


def test_too_many_namespaces_are_refused() -> None:
    many = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(500))

    assert "namespaces" in until_refused(f"<rss {many}>".encode())[1]


def test_an_element_that_is_too_large_is_an_error_of_its_own_and_the_next_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trees, "MAX_ELEMENT", 10_000)
    data = rss("<title>أول</title>", "<title>كبير</title><b><c>" + "س" * 20_000 + "</c><d/></b>", "<title>آخر</title>")

    first, error, last = elements(data)

    assert isinstance(error, RecordError)
    assert error.reason == "too_long"
    assert [found.get("title") for found in (first, last) if isinstance(found, Element)] == ["أول", "آخر"]


def test_many_small_elements_in_one_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_ELEMENT", 10_000)

    (error, _) = elements(rss("<b/>" * 1000, ""))

    assert isinstance(error, RecordError)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_of_a_file_cut_short_comes_what_was_whole(kept: float) -> None:
    data = rss(*(f"<title>خبر {n}</title>" for n in range(1000)))
    cut = data[: int(len(data) * kept)]

    found, message = until_refused(cut)

    assert len(found) == cut.count(b"</item>")
    assert f"cannot read export.xml after {len(found)} entries: damaged or cut short: " in message


def test_of_a_packed_file_cut_short_comes_what_was_whole() -> None:
    packed = gzip.compress(rss(*(f"<title>{n * n}</title>" for n in range(20000))))

    with gzip.open(io.BytesIO(packed[:-2000])) as file:
        found, message = until_refused(file)

    assert found
    assert "damaged or cut short" in message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no element found"),
        (b"PK\x03\x04 and so on", "damaged or cut short"),
        (b"<!doctype html><html><body>503</body></html>", "damaged or cut short"),
        (b"<html><body>503</body></html>", "its outermost element is <html>, not <rss>"),
        (b"<rss><item></rss>", "mismatched tag"),
        (b"just words", "damaged or cut short"),
    ],
)
def test_another_document_is_refused(data: bytes, message: str) -> None:
    assert message in until_refused(data)[1]


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_give_elements_or_a_refusal(data: bytes) -> None:
    assert until_refused(b"<rss>" + data)[1].startswith("cannot read export.xml after 0 entries: ")


def test_a_hundred_thousand_elements_are_read_in_the_memory_of_a_few() -> None:
    class Many(io.RawIOBase):
        sent = 0

        def read(self, size: int = -1) -> bytes:
            self.sent += 1
            if self.sent > 10_000:
                return b"</rss>" if self.sent == 10_001 else b""
            return (b"<rss>" if self.sent == 1 else b"") + rss(*["<title>x</title>"] * 10)[5:-6]

    tracemalloc.start()
    count = sum(1 for _ in elements(Many()))  # type: ignore[arg-type]  # as much of a file as is read
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 100_000
    assert peak < 2_000_000
