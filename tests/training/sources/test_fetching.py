"""The web is asked politely, only where it may be, and whatever it answers comes to an end."""

from __future__ import annotations

import gzip
import io
import socket
import ssl
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import FetchError
from tests.support.certificates import self_signed
from tests.support.hostile import Detour, Hostile, Reply, answer, drip, endless, redirect
from training.sources import fetching
from training.sources.fetching import MAX_WAIT, Fetcher, Validators
from training.sources.options import FetchRules

NEWS = "أعلنت البلدية موعد افتتاح الجسر الجديد.".encode()
SITE = "http://site.example"
PUBLIC = "93.184.216.34"
OTHER = "93.184.216.35"
KIB = 1024
TRUSTS = ssl.create_default_context()  # made once, which takes longer than most of these tests


class Web:
    """A site on a public address, as the guard sees it; time passes where it is slept."""

    def __init__(self, server: Hostile, names: Mapping[str, list[str]], ports: Mapping[str, int]) -> None:
        self.server = server
        self.names = dict(names)
        self.network = Detour({PUBLIC: server.port, **ports})
        self.slept: list[float] = []
        self.looked_up: list[str] = []
        self.now = 1_800_000_000.0
        self._fetchers = ExitStack()

    def fetcher(
        self, tls: ssl.SSLContext | None = None, clock: Callable[[], float] = time.monotonic, **rules: Any
    ) -> Fetcher:
        rules = {"rate": 1000.0, "retries": 0, "seconds": 5.0, "max_bytes": 64 * KIB, **rules}
        fetcher = Fetcher(
            FetchRules(**rules),
            resolve=self._resolve,
            network=self.network,
            tls=tls or TRUSTS,
            clock=clock,
            sleep=self.slept.append,
            now=lambda: self.now,
        )
        return self._fetchers.enter_context(fetcher)

    def refused(self, url: str, **rules: Any) -> str:
        """The reason of a refusal; the message names the address."""
        with pytest.raises(FetchError) as caught:
            self.fetcher(**rules).get(url)
        assert str(caught.value).startswith("cannot fetch ")
        return caught.value.reason

    def close(self) -> None:
        self._fetchers.close()

    def _resolve(self, host: str, port: int, seconds: float) -> list[str]:
        self.looked_up.append(host)
        return self.names.get(host, [PUBLIC])


@contextmanager
def web(
    replies: Mapping[str, Reply],
    names: Mapping[str, list[str]] | None = None,
    ports: Mapping[str, int] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Web]:
    with Hostile(replies, tls) as server:
        made = Web(server, names or {}, ports or {})
        try:
            yield made
        finally:
            made.close()


def test_a_page_comes_with_what_was_told_of_it() -> None:
    told = answer(NEWS, Content_Type='Text/HTML; Charset="UTF-8"', ETag='"1"', Last_Modified="x", X_WP_Total="7")
    with web({"/a?b=1": told}) as site:
        found = site.fetcher().get(f" {SITE}/a?b=1#part ")
        assert found.document.content == NEWS
        assert found.document.name == found.document.url == f"{SITE}/a?b=1"
        assert (found.document.media_type, found.document.charset) == ("text/html", "utf-8")
        assert found.validators == Validators('"1"', "x")
        assert found.headers["x-wp-total"] == found.headers["X-WP-Total"] == "7"
        assert not found.unchanged
        asked = site.server.asked[-1].headers
        assert asked["user-agent"] == FetchRules().user_agent
        assert asked["accept-encoding"] == "gzip"
        assert asked["host"] == "site.example"


def test_letters_of_paths_and_hosts_may_be_arabic() -> None:
    path = "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"
    with web({path: answer(NEWS)}) as site:
        fetcher = site.fetcher()
        assert fetcher.get("http://موقع.example/أخبار").document.content == NEWS
        assert fetcher.get(f"http://xn--4gbrim.example{path}").document.content == NEWS
        assert site.server.targets() == [path, path]
        assert site.looked_up[0] == site.server.asked[0].headers["host"] == "xn--4gbrim.example"


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content_Encoding": "gzip"}, gzip.compress(NEWS, mtime=0)),
        ({"Content_Encoding": "X-GZIP"}, gzip.compress(NEWS, mtime=0)),
        ({"Content_Encoding": "identity"}, NEWS),
        ({"Content_Encoding": ""}, NEWS),
        (
            {"Content_Encoding": "gzip"},
            gzip.compress(gzip.compress(NEWS, mtime=0), mtime=0),
        ),  # a file that is packed, packed on the way
        ({}, gzip.compress(NEWS, mtime=0)),  # a file that is packed
    ],
)
def test_what_is_packed_is_unpacked(headers: dict[str, str], content: bytes) -> None:
    with web({"/a": answer(content, **headers)}) as site:
        assert site.fetcher().get(f"{SITE}/a").document.content == NEWS


def test_the_same_is_not_sent_again() -> None:
    first = answer(NEWS, ETag='W/"1"', Last_Modified="Sun, 01 Mar 2026 10:00:00 GMT")
    with web({"/a": [first, answer(status="304 Not Modified")]}) as site:
        fetcher = site.fetcher()
        seen = fetcher.get(f"{SITE}/a").validators
        again = fetcher.get(f"{SITE}/a", seen)
        assert again.unchanged
        assert again.document.content == b""
        assert again.validators == seen
        asked = site.server.asked[-1].headers
        assert (asked["if-none-match"], asked["if-modified-since"]) == (seen.etag, seen.last_modified)


def test_nothing_is_unchanged_that_was_not_seen() -> None:
    with web({"/a": answer(status="304 Not Modified")}) as site:
        assert site.refused(f"{SITE}/a") == "status_304"


def test_what_is_remembered_wrongly_is_not_sent() -> None:
    with web({"/a": answer(NEWS)}) as site:
        assert site.fetcher().get(f"{SITE}/a", Validators("a\r\nX: y", "أمس")).document.content == NEWS
        assert site.fetcher(user_agent=" S ").get(f"{SITE}/a", Validators(" a", "b ")).document.content == NEWS
        assert not {"x", "if-none-match", "if-modified-since"} & set(site.server.asked[-1].headers)


# where it leads


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
def test_redirects_are_followed(status: str) -> None:
    there = redirect("../أخبار?x=1#y", status)
    with web(
        {"/a/b": there.replace("أخبار".encode(), "أخبار".encode()), "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1?x=1": answer(NEWS)}
    ) as site:
        found = site.fetcher().get(f"{SITE}/a/b").document
        assert found.content == NEWS
        assert found.name == f"{SITE}/a/b"
        assert found.url == f"{SITE}/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1?x=1"


FORBIDDEN = {
    "http://127.0.0.1/": "private_address",
    "http://2130706433/": "private_address",
    "http://[::1]/": "private_address",
    "http://[::ffff:127.0.0.1]:8080/": "private_address",
    "//10.0.0.1/": "private_address",
    "http://169.254.169.254/latest/meta-data/": "private_address",
    "http://localhost/": "private_address",
    "http://inside.example/": "private_address",
    "file:///etc/passwd": "scheme",
    "ftp://site.example/": "scheme",
    "gopher://127.0.0.1:6379/_INFO": "scheme",
    "javascript:alert(1)": "scheme",
    "http://[broken": "bad_address",
    "http://site.example:99999/": "bad_address",
}


@pytest.mark.parametrize(("location", "reason"), FORBIDDEN.items())
@pytest.mark.parametrize("robots", [True, False])
def test_no_redirect_leads_where_it_must_not(location: str, reason: str, robots: bool) -> None:
    names = {
        "127.0.0.1": ["127.0.0.1"],
        "2130706433": ["127.0.0.1"],
        "::1": ["::1"],
        "::ffff:127.0.0.1": ["::ffff:127.0.0.1"],
        "::ffff:7f00:1": ["::ffff:127.0.0.1"],
        "10.0.0.1": ["10.0.0.1"],
        "169.254.169.254": ["169.254.169.254"],
        "localhost": ["::1", "127.0.0.1"],
        "inside.example": [OTHER, "192.168.1.1"],
    }
    with Hostile({"/": answer(b"secret")}) as inside:
        everywhere = {address: inside.port for addresses in names.values() for address in addresses}
        with web({"/a": redirect(location)}, names, everywhere) as site:
            assert site.refused(f"{SITE}/a", robots=robots) == reason
            assert set(site.network.connected) == {PUBLIC}
        assert inside.connections == 0


def test_a_real_server_of_this_machine_is_asked_only_where_that_is_allowed() -> None:
    with Hostile({"/": answer(NEWS)}) as inside:
        url = f"http://localhost:{inside.port}/"
        with Fetcher(FetchRules()) as careful, pytest.raises(FetchError) as caught:
            careful.get(url)
        assert caught.value.reason == "private_address"
        assert inside.connections == 0
        with Fetcher(FetchRules(allow_private=True)) as trusting:
            assert trusting.get(url).document.content == NEWS


def test_metadata_of_clouds_is_never_asked_for() -> None:
    with web({"/a": redirect("http://169.254.169.254/")}, {"169.254.169.254": ["169.254.169.254"]}) as site:
        assert site.refused(f"{SITE}/a", allow_private=True) == "private_address"
        assert set(site.network.connected) == {PUBLIC}


def test_a_name_that_changes_its_address_is_connected_where_it_was_checked() -> None:
    with Hostile({"/a": answer(b"secret")}) as inside, web({"/a": answer(NEWS, Connection="close")}) as site:
        site.network = Detour({PUBLIC: site.server.port, "127.0.0.1": inside.port})
        turns = iter([PUBLIC, "127.0.0.1", "127.0.0.1"])
        fetcher = Fetcher(
            FetchRules(robots=False, rate=1000, retries=0), resolve=lambda *_: [next(turns)], network=site.network
        )
        with fetcher:
            assert fetcher.get(f"{SITE}/a").document.content == NEWS
            assert site.network.connected == [PUBLIC]  # one look-up, one connection
            with pytest.raises(FetchError) as caught:
                fetcher.get(f"{SITE}/a")
        assert caught.value.reason == "private_address"
        assert site.network.connected == [PUBLIC]
        assert inside.connections == 0


def test_redirects_end() -> None:
    replies: dict[str, Reply] = {f"/{number}": redirect(f"/{number + 1}") for number in range(9)}
    with web({**replies, "/3": answer(NEWS), "/a": redirect("/b"), "/b": redirect("/a"), "/c": redirect("")}) as site:
        assert site.fetcher(redirects=3).get(f"{SITE}/0").document.content == NEWS
        assert site.refused(f"{SITE}/0", redirects=2) == "redirects"
        assert site.refused(f"{SITE}/4", redirects=2) == "redirects"
        assert site.server.targets()[-3:] == ["/4", "/5", "/6"]
        assert site.refused(f"{SITE}/a") == "redirects"
        assert site.server.targets()[-2:] == ["/a", "/b"]
        assert site.refused(f"{SITE}/c") == "redirects"


def test_a_redirect_to_nowhere_is_an_error() -> None:
    with web({"/a": answer(status="302 Found"), "/b": redirect("/a", "300 Choose")}) as site:
        assert site.refused(f"{SITE}/a") == "status_302"
        assert site.refused(f"{SITE}/b") == "status_300"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "scheme"),
        ("/etc/passwd", "scheme"),
        ("", "scheme"),
        ("http://", "bad_address"),
        ("http://[::1", "bad_address"),
        ("http://a:b:c/", "bad_address"),
        ("http://site.example/\x00", "bad_address"),
        ("http://" + "ا" * 70 + ".example/", "bad_address"),
    ],
)
def test_what_is_no_address_is_told_at_once(url: str, reason: str) -> None:
    with web({}) as site:
        fetcher = site.fetcher()
        for ask in (fetcher.get, lambda url: fetcher.stream(url).__enter__()):
            with pytest.raises(FetchError) as caught:
                ask(url)
            assert caught.value.reason == reason
        assert site.network.connected == []


NOWHERE = Fetcher(FetchRules(robots=False, retries=0, rate=1e6), resolve=lambda *_: ["10.0.0.1"], network=Detour({}))


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    for url in (text, f"http://{text}", f"{SITE}/{text}", f"http://{text}@site.example", f"{SITE}:{text}"):
        with pytest.raises(FetchError) as caught:
            NOWHERE.get(url)
        assert caught.value.reason in {"scheme", "bad_address", "private_address"}


# what it answers


def chunked(*pieces: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


OK = b"HTTP/1.1 200 OK\r\n"
HARM: dict[str, tuple[Reply, str]] = {
    "endless body": (endless(OK + b"\r\n", b"a" * KIB), "too_large"),
    "endless chunks": (endless(chunked(), b"40\r\n" + b"a" * 64 + b"\r\n"), "too_large"),
    "a size that is too large": (answer(b"", Content_Length=str(10**15)), "too_large"),
    "endless headers": (endless(OK, b"A: b\r\n"), "too_large"),
    "endless header": (endless(OK + b"A: ", b"b" * KIB), "too_large"),
    "endless status line": (endless(b"HTTP/1.1 200 ", b"O" * KIB), "too_large"),
    "endless trailers": (endless(chunked(b"a") + b"0\r\n", b"A: b\r\n"), "too_large"),
    "endless chunk size": (endless(chunked(), b"0" * KIB), "too_large"),
    "endless wait": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout"),
    "bomb": (answer(gzip.compress(bytes(50_000_000), 9)[: 48 * KIB], Content_Encoding="gzip"), "too_large"),
    "packed bomb": (answer(gzip.compress(bytes(10_000_000), 9)), "too_large"),
    "bomb of a bomb": (
        answer(gzip.compress(gzip.compress(bytes(10_000_000), 9)), Content_Encoding="gzip"),
        "too_large",
    ),
    "slow status": (drip(b"H"), "timeout"),
    "slow headers": (drip(OK + b"A: b"), "timeout"),
    "slow body": (drip(OK + b"\r\na"), "timeout"),
    "slow chunks": (drip(chunked(b"a") + b"0"), "timeout"),
    "silence": (lambda pause: (pause(60) and b"" for _ in "a"), "timeout"),
    "cut short": (answer(b"abc", Content_Length="10", Connection="close"), "bad_answer"),
    "cut short in chunks": (lambda _: [chunked(b"abc")], "bad_answer"),
    "cut short in headers": (lambda _: [OK + b"A: b"], "bad_answer"),
    "closed": (lambda _: [], "bad_answer"),
    "garbage": (lambda _: [b"\x00\xff garbage\r\n\r\n"], "bad_answer"),
    "another protocol": (lambda _: [b"220 mail.example ESMTP\r\n"], "bad_answer"),
    "HTTP 0.9": (lambda _: [b"<html>"], "bad_answer"),
    "two sizes": (answer(b"abc", content_length="4"), "bad_answer"),
    "a size that is none": (answer(b"", Content_Length="-1"), "bad_answer"),
    "a size of many digits": (answer(b"", Content_Length="9" * 5000), "bad_answer"),
    "a chunk size that is none": (lambda _: [chunked() + b"xyz\r\n"], "bad_answer"),
    "broken gzip": (answer(b"garbage", Content_Encoding="gzip"), "bad_encoding"),
    "gzip cut short": (answer(gzip.compress(NEWS, mtime=0)[:-1], Content_Encoding="gzip"), "bad_encoding"),
    "a packing nobody asked for": (answer(NEWS, Content_Encoding="br"), "bad_encoding"),
    "many packings": (answer(NEWS, Content_Encoding=", ".join(["gzip"] * 1000)), "bad_encoding"),
    "a packing that is none": (answer(NEWS, Content_Encoding="\xff\xfe"), "bad_encoding"),
    "another protocol is offered": (lambda _: [b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"], "bad_answer"),
    "a status that is none": (lambda _: [b"HTTP/1.1 999 Odd\r\n\r\n"], "status_999"),
}


@pytest.mark.parametrize("name", HARM)
def test_whatever_is_answered_comes_to_an_end(name: str) -> None:
    reply, reason = HARM[name]
    slow = {"seconds": 0.3} if reason == "timeout" else {}
    with web({"/a": reply}) as site:
        assert site.refused(f"{SITE}/a", robots=False, **slow) == reason


# of a robots.txt that is too long the beginning counts
AS_ROBOTS = {
    "endless body": "allowed",
    "endless chunks": "allowed",
    "bomb": "allowed",
    "packed bomb": "allowed",
    "bomb of a bomb": "allowed",
    "a size that is too large": "timeout",
    "a status that is none": "robots",
}


@pytest.mark.parametrize("name", HARM)
def test_a_robots_txt_that_is_hostile_comes_to_an_end_too(name: str) -> None:
    reply, reason = HARM[name]
    reason = AS_ROBOTS.get(name, reason)
    slow = {"seconds": 0.3} if reason == "timeout" else {}
    with web({"/robots.txt": reply, "/a": answer(NEWS)}) as site:
        if reason == "allowed":
            assert site.fetcher().get(f"{SITE}/a").document.content == NEWS
        else:
            assert site.refused(f"{SITE}/a", **slow) == reason
            assert site.server.targets() == []


@given(
    st.sampled_from([200, 200, 301, 304, 404, 429, 503]),
    st.dictionaries(
        st.sampled_from(
            [
                "content-type",
                "content-encoding",
                "location",
                "retry-after",
                "etag",
                "content-length",
                "transfer-encoding",
            ]
        ),
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [b"gzip", b"chunked", b"7", b"/", b"text/html;charset=", b"1 Jan 2026 00:00:00 +24000000000"]
            ),
        ),
    ),
    st.one_of(st.binary(max_size=50), st.just(gzip.compress(NEWS, mtime=0)), st.just(b"7\r\n")),
)
def test_no_bytes_break_it(status: int, headers: dict[str, bytes], content: bytes) -> None:
    lines = [b"HTTP/1.1 %d X" % status, *(name.encode() + b": " + value for name, value in headers.items())]
    network = httpcore.MockBackend([b"\r\n".join([*lines, b"", content])])
    rules = FetchRules(robots=False, rate=1e6, retries=1)
    with Fetcher(rules, resolve=lambda *_: [PUBLIC], network=network, tls=TRUSTS, sleep=lambda _: None) as fetcher:
        try:
            found = fetcher.get(f"{SITE}/a", Validators("1"))
        except FetchError as error:
            told = error.reason
        else:
            told = "unchanged" if found.unchanged else "content"
    assert told in {"unchanged", "content", "redirects", "scheme", "bad_address", "bad_encoding", "bad_answer"} or (
        told == f"status_{status}"
    )


def test_a_bomb_takes_no_memory() -> None:
    bomb = answer(gzip.compress(bytes(50_000_000), 9), Content_Encoding="gzip")
    with web({"/a": bomb}) as site:
        fetcher = site.fetcher(robots=False, max_bytes=KIB * KIB)
        tracemalloc.start()
        try:
            with pytest.raises(FetchError) as caught:
                fetcher.get(f"{SITE}/a")
            assert tracemalloc.get_traced_memory()[1] < 4 * KIB * KIB
        finally:
            tracemalloc.stop()
        assert caught.value.reason == "too_large"


def test_as_much_as_may_be_is_taken() -> None:
    with web({"/a": answer(NEWS)}) as site:
        assert site.fetcher(max_bytes=len(NEWS)).get(f"{SITE}/a").document.content == NEWS
        assert site.refused(f"{SITE}/a", max_bytes=len(NEWS) - 1) == "too_large"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_told_and_not_tried_again(status: int) -> None:
    with web({"/a": answer(status=f"{status} No")}) as site:
        assert site.refused(f"{SITE}/a", retries=3) == f"status_{status}"
        assert site.server.targets() == ["/a"]


# trying again


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again_later_and_later(status: int) -> None:
    with web({"/a": [answer(status=f"{status} Later")] * 3 + [answer(NEWS)]}) as site:
        assert site.fetcher(retries=3).get(f"{SITE}/a").document.content == NEWS
        first, second, third = [seconds for seconds in site.slept if seconds >= 0.5]
        assert 1 <= first <= 2 <= second <= 3 <= third <= 5


def test_it_gives_up_at_last() -> None:
    with web({"/a": answer(status="503 Later")}) as site:
        assert site.refused(f"{SITE}/a", retries=2) == "status_503"
        assert site.server.targets() == ["/a"] * 3


def test_broken_connections_are_tried_again() -> None:
    with web({"/a": [b"", answer(b"abc", Content_Length="9", Connection="close"), answer(NEWS)]}) as site:
        assert site.fetcher(retries=2).get(f"{SITE}/a").document.content == NEWS


def test_nobody_at_an_address_is_unreachable() -> None:
    with web({}, {"site.example": [OTHER]}) as site:
        assert site.refused(f"{SITE}/a", retries=2, robots=False) == "unreachable"
        assert site.network.connected == [OTHER] * 3


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Fetcher(FetchRules(allow_private=True, retries=0)) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(f"http://127.0.0.1:{port}/")
    assert caught.value.reason == "unreachable"


def test_who_says_when_to_come_back_is_asked_then() -> None:
    with web({}) as site:
        date = formatdate(site.now + 40, usegmt=True)
        past = formatdate(site.now - 40, usegmt=True)
        site.server.replies = {
            "/a": [
                *(answer(status="429 Later", Retry_After=told) for told in ("7", date, past, "soon", " 3 ")),
                answer(NEWS),
            ]
        }
        assert site.fetcher(retries=9).get(f"{SITE}/a").document.content == NEWS
        waits = [seconds for seconds in site.slept if seconds >= 0.5 or seconds == 0]
        assert waits[:3] == [7.0, 40.0, 0.0]
        assert 8 <= waits[3] <= 9  # as if nothing had been said
        assert waits[4:] == [3.0]


@pytest.mark.parametrize("told", ["121", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_who_asks_to_come_back_much_later_is_told_of(told: str) -> None:
    with web({"/a": answer(status="429 Later", Retry_After=told)}) as site:
        fetcher = site.fetcher(retries=9)
        with pytest.raises(FetchError, match=r"asks to come back in \d+ seconds") as caught:
            fetcher.get(f"{SITE}/a")
        assert caught.value.reason == "status_429"
        assert site.server.targets() == ["/a"]


BEYOND = "1 Jan 2026 00:00:00 +9999999999999"


@pytest.mark.parametrize(
    "told", ["Mon, 99 Foo 2026", "\xff", "1" * 400, "-1", "1e3", "Fri, 31 Dec 99999 23:59:59 GMT", BEYOND]
)
def test_a_time_that_is_none_is_as_if_nothing_had_been_said(told: str) -> None:
    with web({"/a": [answer(status="503 Later", Retry_After=told), answer(NEWS)]}) as site:
        assert site.fetcher(retries=1).get(f"{SITE}/a").document.content == NEWS
        assert max(site.slept) <= MAX_WAIT


# manners


def test_what_robots_txt_forbids_is_not_asked() -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: Silah\nDisallow: /خاص\n".encode()
    with web({"/robots.txt": answer(rules), "/a": answer(NEWS), "/b": redirect("/خاص/1")}) as site:
        fetcher = site.fetcher()
        assert fetcher.get(f"{SITE}/a").document.content == NEWS
        for url in (f"{SITE}/خاص/1", f"{SITE}/b"):
            with pytest.raises(FetchError) as caught:
                fetcher.get(url)
            assert caught.value.reason == "robots"
        assert [asked.target for asked in site.server.asked] == ["/robots.txt", "/a", "/b"]
        assert site.refused(f"{SITE}/خاص/1", robots=False) == "status_404"


def test_robots_txt_is_asked_for_once_a_day_by_each_site() -> None:
    now = [0.0]
    with web({"/a": answer(NEWS)}) as site:
        fetcher = site.fetcher(clock=lambda: now[0])
        for _ in range(3):
            fetcher.get(f"{SITE}/a")
        fetcher.get("http://other.example/a")
        now[0] += 24 * 3600
        fetcher.get(f"{SITE}/a")
        hosts = [asked.headers["host"] for asked in site.server.asked if asked.target == "/robots.txt"]
        assert hosts == ["site.example", "other.example", "site.example"]


@pytest.mark.parametrize("status", ["401 Who", "403 No", "404 None", "410 Gone"])
def test_without_robots_txt_all_is_allowed(status: str) -> None:
    with web({"/robots.txt": answer(b"User-agent: *\nDisallow: /", status), "/a": answer(NEWS)}) as site:
        assert site.fetcher().get(f"{SITE}/a").document.content == NEWS


def test_a_robots_txt_that_leads_in_circles_is_none() -> None:
    with web({"/robots.txt": redirect("/robots.txt"), "/a": answer(NEWS)}) as site:
        assert site.fetcher().get(f"{SITE}/a").document.content == NEWS


def test_a_robots_txt_may_be_elsewhere() -> None:
    with web({"/robots.txt": redirect("/rules"), "/rules": answer(b"User-agent: *\nDisallow: /a")}) as site:
        assert site.refused(f"{SITE}/a") == "robots"


@pytest.mark.parametrize("status", ["429 Later", "500 Broken", "503 Later"])
def test_a_site_in_trouble_is_let_alone(status: str) -> None:
    with web({"/robots.txt": answer(status=status), "/a": answer(NEWS)}) as site:
        fetcher = site.fetcher(retries=1)
        for _ in range(3):
            with pytest.raises(FetchError, match=r"robots\.txt cannot be had") as caught:
                fetcher.get(f"{SITE}/a")
            assert caught.value.reason == "robots"
        assert [asked.target for asked in site.server.asked] == ["/robots.txt"] * 2


def test_a_site_that_was_in_trouble_is_asked_again_later() -> None:
    now = [0.0]
    with web({"/robots.txt": [answer(status="503 Later"), answer()], "/a": answer(NEWS)}) as site:
        fetcher = site.fetcher(clock=lambda: now[0])
        for now[0] in (0.0, 200.0):
            with pytest.raises(FetchError):
                fetcher.get(f"{SITE}/a")
        now[0] = 300.0
        assert fetcher.get(f"{SITE}/a").document.content == NEWS


def test_the_rules_of_a_bounded_number_of_sites_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SITES", 3)
    with web({"/a": answer(NEWS)}) as site:
        fetcher = site.fetcher()
        for number in (0, 1, 2, 3, 3, 0):
            fetcher.get(f"http://{number}.example/a")
        hosts = [asked.headers["host"] for asked in site.server.asked if asked.target == "/robots.txt"]
        assert hosts == [f"{number}.example" for number in (0, 1, 2, 3, 0)]


def test_of_a_robots_txt_that_is_too_long_the_beginning_counts() -> None:
    rules = b"User-agent: *\nDisallow: /a\n" + b"# more\n" * 80_000 + b"Disallow: /b\n"
    with web({"/robots.txt": answer(rules), "/b": answer(NEWS)}) as site:
        assert site.refused(f"{SITE}/a") == "robots"
        assert site.fetcher().get(f"{SITE}/b").document.content == NEWS


def test_each_host_is_asked_at_its_pace() -> None:
    rules = answer(b"User-agent: *\nCrawl-delay: 3")
    with web({"/a": answer(NEWS)}) as site:
        fetcher = site.fetcher(rate=0.5)
        for _ in range(3):
            fetcher.get(f"{SITE}/a")
        waits = [round(seconds) for seconds in site.slept]
        assert waits == [2, 4, 6]  # nothing passes while it sleeps here: each is put off by two more
    with web({"/a": answer(NEWS), "/robots.txt": rules}) as site:
        site.fetcher(rate=2.0).get(f"{SITE}/a")
        assert [round(seconds) for seconds in site.slept] == [3]


# who is told what


def test_a_password_is_told_to_its_site_alone_and_shown_to_nobody() -> None:
    replies: dict[str, Reply] = {
        "/a": redirect("/b"),
        "/b": answer(NEWS),
        "/c": redirect("http://other.example/b"),
        "/d": redirect("http://user:other@site.example/b"),
    }
    with web(replies) as site:
        fetcher = site.fetcher()
        found = [fetcher.get(f"http://user:s%C3%A9cret@site.example/{path}").document for path in "abcd"]
        told = {(asked.headers["host"], asked.headers.get("authorization")) for asked in site.server.asked}
        assert told == {("site.example", "Basic dXNlcjpzw6ljcmV0"), ("other.example", None)}
        assert {document.url for document in found} == {f"{SITE}/b", "http://other.example/b"}
        assert {document.name for document in found} == {f"{SITE}/{path}" for path in "abcd"}
        for url in (
            "http://user:secret@site.example/none",
            "http://site.example/none?access_token=secret",
            "http://user:1secret/@site.example/a",
            "http://user:secret@[broken",
            "ftp://user:secret@a/",
        ):
            with pytest.raises(FetchError) as caught:
                fetcher.get(url)
            assert "secret" not in str(caught.value)


def test_what_a_site_tells_to_keep_is_not_told_again() -> None:
    with web({"/a": answer(NEWS, Set_Cookie="id=1"), "/b": answer(NEWS)}) as site:
        fetcher = site.fetcher()
        fetcher.get(f"{SITE}/a")
        fetcher.get(f"{SITE}/b")
        assert "cookie" not in site.server.asked[-1].headers


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hostile({}) as proxy, web({"/a": answer(NEWS)}) as site:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert site.fetcher().get(f"{SITE}/a").document.content == NEWS
        assert proxy.connections == 0


# safe connections


def test_certificates_are_checked(tmp_path: Path) -> None:
    shows, trusts = self_signed(tmp_path, "site.example")
    with web({"/a": answer(NEWS), "/b": redirect("http://site.example/a")}, tls=shows) as site:
        url = "https://site.example/a"
        assert site.refused(url, retries=3) == "tls"
        assert site.server.asked == []
        assert site.server.connections == 1
        trusting = site.fetcher(tls=trusts)
        assert trusting.get(url).document.content == NEWS
        for wrong, reason in (("https://other.example/a", "tls"), ("https://site.example/b", "scheme")):
            with pytest.raises(FetchError) as caught:
                trusting.get(wrong)
            assert caught.value.reason == reason


def test_a_server_that_speaks_no_tls_is_told_of() -> None:
    with web({}) as site:
        assert site.refused("https://site.example/a", retries=3) == "tls"
        assert site.server.connections == 1


# files that are read as they come


def test_a_file_of_any_size_is_read_as_it_comes() -> None:
    line = NEWS + b"\n"
    with web({"/a": answer(line * 5000), "/b": answer(gzip.compress(line * 5000), Content_Encoding="gzip")}) as site:
        for path in "ab":
            with site.fetcher(max_bytes=KIB).stream(f"{SITE}/{path}") as file:
                assert file.read(3) == line[:3]
                assert file.readline() == line[3:]
                assert sum(found == line for found in file) == 4999


def test_a_file_without_end_is_read_as_far_as_is_wanted() -> None:
    with web({"/a": endless(OK + b"\r\n", b"a" * KIB), "/b": answer(NEWS)}) as site:
        fetcher = site.fetcher(max_bytes=KIB)
        with fetcher.stream(f"{SITE}/a") as file:
            assert len(file.read(KIB * KIB)) == KIB * KIB
            assert fetcher.get(f"{SITE}/b").document.content == NEWS  # both at once


def paced(pause: Callable[[float], object]) -> Iterator[bytes]:
    """A body that takes longer than an answer may, but never stands still."""
    yield OK + b"\r\n"
    for _ in range(12):
        pause(0.1)
        yield b"a"


def test_a_file_may_take_any_time_as_long_as_it_comes() -> None:
    with web({"/a": paced}) as site:
        with site.fetcher(seconds=0.6).stream(f"{SITE}/a") as file:
            assert file.read() == b"a" * 12
        assert site.refused(f"{SITE}/a", seconds=0.6) == "timeout"


def test_who_reads_a_file_may_take_any_time() -> None:
    now = [0.0]
    with web({"/a": answer(NEWS * 10_000)}) as site:
        with site.fetcher(clock=lambda: now[0]).stream(f"{SITE}/a") as file:
            pieces = []
            while piece := file.read(200_000):
                pieces.append(piece)
                now[0] += 3600
        assert b"".join(pieces) == NEWS * 10_000


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer(NEWS, Content_Length="1000"), "timeout"),
        (answer(NEWS, Content_Length="1000", Connection="close"), "bad_answer"),
        (answer(gzip.compress(NEWS, mtime=0)[:-1], Content_Encoding="gzip"), "bad_encoding"),
        (answer(NEWS, Content_Encoding="zstd"), "bad_encoding"),
    ],
)
def test_a_file_that_breaks_off_is_told_of_while_it_is_read(reply: bytes, reason: str) -> None:
    with web({"/a": reply}) as site, site.fetcher(seconds=0.3).stream(f"{SITE}/a") as file:
        with pytest.raises(FetchError, match=f"cannot fetch {SITE}/a") as caught:
            io.TextIOWrapper(file, "utf-8").read()
        assert caught.value.reason == reason


def test_a_file_that_cannot_be_had_is_told_of_before() -> None:
    with web({"/a": [answer(status="503 Later"), answer(status="404 None")]}) as site:
        with pytest.raises(FetchError) as caught, site.fetcher(retries=2).stream(f"{SITE}/a"):
            pass
        assert caught.value.reason == "status_404"
