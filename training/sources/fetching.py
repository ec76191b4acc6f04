"""The one door to the web: asks politely, goes only where it may, and never takes more than it should.

Every question, robots.txt and every redirect included, goes through the guard of connections (guarding). The table of
reasons is in docs/sources.md, "How the web is asked". The module needs the extra ``web``.
"""

from __future__ import annotations

import base64
import io
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, BinaryIO, NoReturn, Self, TypeVar

import httpcore
import httpx
import tenacity

from models.errors import FetchError
from training.sources import robots
from training.sources.document import Document
from training.sources.guarding import Deadline, GuardedBackend, Resolve, system_addresses
from training.sources.opening import masked
from training.sources.options import FetchRules
from training.sources.pacing import Pace
from training.sources.packing import Unpacker, check_size, unpacked
from training.sources.robots import Robots

MAX_WAIT = 120.0  # seconds before one more try, also where the server wishes for longer
ROBOTS_SECONDS = 24 * 3600.0  # for which robots.txt holds, RFC 9309 2.4
ROBOTS_FAILED_SECONDS = 300.0  # for which a site is let alone whose robots.txt cannot be had
SITES = 1000  # whose robots.txt is remembered
_CONTENT = {200, 203}
_REDIRECTS = {301, 302, 303, 307, 308}
_HOST = re.compile(rb"[a-z0-9_.-]{1,253}|[0-9a-f:.]{2,45}(?:%[a-z0-9]+)?")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_T = TypeVar("_T")
_VALIDATOR = re.compile(r"(?! )[\x20-\x7e\x80-\xff]{1,1000}(?<! )")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server wants to hear again to tell whether something has changed: ``ETag`` and ``Last-Modified``."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        document: its content, unpacked; empty where ``unchanged``.
        headers: by name in any case, of the last answer.
        validators: to be given with the next question.
        unchanged: the server says it is as it was when the validators were given.
    """

    document: Document
    headers: Mapping[str, str]
    validators: Validators
    unchanged: bool = False


class _PassingError(FetchError):
    """What may be otherwise at the next try.

    Attributes:
        after: seconds, where the server says when.
    """

    def __init__(self, reason: str, message: str, after: float | None = None) -> None:
        super().__init__(reason, message)
        self.after = after


class Fetcher:
    """Asks the web, for one thread at a time.

    Args:
        rules: limits and manners.
        resolve: host to addresses.
        network: what connects to the addresses that were checked.
        tls: which certificates are trusted; without it those that httpx trusts.
        clock: seconds that only grow.
        sleep: waits for seconds.
        now: seconds since 1970, for times that servers name.
    """

    def __init__(
        self,
        rules: FetchRules,
        *,
        resolve: Resolve = system_addresses,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._pace = Pace(1 / rules.rate, clock, sleep)
        self._robots: dict[str, tuple[float, Robots | FetchError]] = {}
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(rules.allow_private, resolve, network or httpcore.SyncBackend()),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def get(self, url: str, seen: Validators = Validators()) -> Answer:
        """What is at an address.

        Args:
            url: http or https, letters of any script; ``user:password@`` is told to this site only.
            seen: of an earlier answer; the same is not sent again.

        Raises:
            FetchError: with its reason.
        """
        start = _parsed(url)
        return self._tried(start, lambda: self._answer(start, seen))

    @contextmanager
    def stream(self, url: str) -> Iterator[BinaryIO]:
        """What is at an address, read as it comes: any size, as long as some of it comes every ``seconds``.

        Raises:
            FetchError: with its reason; also while it is read.
        """
        start = _parsed(url)
        deadline = Deadline(self._rules.seconds, self._clock)
        response, _ = self._tried(start, lambda: self._followed(start, {}, deadline))
        try:
            pieces = self._body(response, deadline, restart=True)
            with io.BufferedReader(_Body(_named(pieces, start)), 128 * 1024) as file:
                yield file
        finally:
            response.close()

    def _tried(self, url: httpx.URL, ask: Callable[[], _T]) -> _T:
        """What ``ask`` returns, at the last of its tries; errors name the address."""
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            stop=tenacity.stop_after_attempt(self._rules.retries + 1),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return tries(ask)
        except FetchError as error:
            raise FetchError(error.reason, f"cannot fetch {_shown(url)}: {error}") from error

    def _answer(self, start: httpx.URL, seen: Validators) -> Answer:
        deadline = Deadline(self._rules.seconds, self._clock)
        response, url = self._followed(start, _conditions(seen), deadline)
        try:
            headers = httpx.Headers(response.headers)
            found = Validators(headers.get("etag"), headers.get("last-modified"))
            if response.status == 304:
                kept = Validators(found.etag or seen.etag, found.last_modified or seen.last_modified)
                return Answer(_document(b"", start, url, headers), headers, kept, unchanged=True)
            size = headers.get("content-length", "")
            check_size(int(size) if size.isdecimal() else 0, self._rules.max_bytes)
            content = self._limited(response, deadline)
            return Answer(_document(content, start, url, headers), headers, found)
        finally:
            response.close()

    def _limited(self, response: httpcore.Response, deadline: Deadline) -> bytes:
        content = bytearray()
        for piece in self._body(response, deadline, limit=self._rules.max_bytes):
            content += piece
            check_size(len(content), self._rules.max_bytes)
        return unpacked(bytes(content), self._rules.max_bytes)

    def _followed(
        self, start: httpx.URL, conditions: Mapping[str, str], deadline: Deadline, asks_robots: bool = True
    ) -> tuple[httpcore.Response, httpx.URL]:
        """The answer at the end of all redirects, 200 or 304, its content still to be read; and where it was."""
        url, seen = start, {start}
        while True:
            delay = self._allowed(url) if self._rules.robots and asks_robots else 0.0
            self._pace.wait(url.host, delay)
            deadline.restart()
            response = self._asked(url, _headers(self._rules.user_agent, url, start) | dict(conditions), deadline)
            if response.status in _CONTENT or (response.status == 304 and conditions):
                return response, url
            response.close()
            headers = httpx.Headers(response.headers)
            if response.status not in _REDIRECTS or "location" not in headers:
                self._refuse(response.status, headers)
            url = _next(url, headers["location"])
            if url in seen:
                raise FetchError("redirects", f"{_shown(url)} leads back to itself")
            if len(seen) > self._rules.redirects:
                raise FetchError("redirects", f"more than {self._rules.redirects} redirects")
            seen.add(url)

    def _asked(self, url: httpx.URL, headers: Mapping[str, str], deadline: Deadline) -> httpcore.Response:
        request = httpcore.Request(
            b"GET",
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            extensions={"timeout": {"connect": deadline, "read": deadline, "write": deadline, "pool": float(deadline)}},
        )
        with _told():
            return self._pool.handle_request(request)

    def _body(
        self, response: httpcore.Response, deadline: Deadline, limit: int | None = None, restart: bool = False
    ) -> Iterator[bytes]:
        """The content without its transfer encoding and ``Content-Encoding``.

        Args:
            response: just begun.
            deadline: of the whole content.
            limit: bytes that may come.
            restart: the deadline is that of each piece instead.
        """
        encoding = httpx.Headers(response.headers).get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "", "gzip", "x-gzip"}:
            raise FetchError("bad_encoding", f"the answer is packed in a way that was not asked for: {encoding[:40]!r}")
        unpacker = Unpacker() if encoding.endswith("gzip") else None
        size = 0
        if restart:
            deadline.restart()
        with _told():
            for raw in response.iter_stream():
                if limit is not None:
                    size += len(raw)
                    check_size(size, limit)
                if unpacker is None:
                    yield raw
                else:
                    yield from unpacker.pieces(raw)
                if restart:  # when more is asked for: what takes the pieces may take its time
                    deadline.restart()
        if unpacker is not None:
            unpacker.finish()

    def _refuse(self, status: int, headers: httpx.Headers) -> NoReturn:
        reason, message = f"status_{status}", f"the answer is {status}"
        if status != 429 and status < 500:
            raise FetchError(reason, message)
        after = _retry_after(headers.get("retry-after", ""), self._now())
        if after is not None and after > MAX_WAIT:
            raise FetchError(reason, f"{message}, and asks to come back in {after:.0f} seconds")
        raise _PassingError(reason, message, after)

    def _allowed(self, url: httpx.URL) -> float:
        """Seconds between questions that the site wishes for.

        Raises:
            FetchError: ``robots``, or what robots.txt itself could not be fetched for.
        """
        origin = _origin(url)
        until, found = self._robots.get(origin, (float("-inf"), None))
        if found is None or self._clock() >= until:
            found = self._site_rules(url.copy_with(path="/robots.txt", query=None))
            lasts = ROBOTS_SECONDS if isinstance(found, Robots) else ROBOTS_FAILED_SECONDS
            self._robots.pop(origin, None)
            self._robots[origin] = (self._clock() + lasts, found)
            if len(self._robots) > SITES:
                del self._robots[next(iter(self._robots))]
        if isinstance(found, FetchError):
            raise FetchError(found.reason, str(found))
        if not found.allows(str(url)):
            raise FetchError("robots", f"robots.txt of {url.host} forbids it")
        return found.delay

    def _site_rules(self, url: httpx.URL) -> Robots | FetchError:
        """As RFC 9309 2.3.1 has it: none where there is no robots.txt, and no question where the site is in trouble."""

        def ask() -> str:
            deadline = Deadline(self._rules.seconds, self._clock)
            response, _ = self._followed(url, {}, deadline, asks_robots=False)
            content = b""
            try:
                for piece in self._body(response, deadline):
                    content += piece
                    if len(content) >= robots.MAX_BYTES:
                        break
            finally:
                response.close()
            return content[: robots.MAX_BYTES].decode("utf-8-sig", errors="replace")

        try:
            return Robots(self._tried(url, ask), self._rules.user_agent)
        except FetchError as error:
            if error.reason == "redirects" or (error.reason.startswith("status_4") and error.reason != "status_429"):
                return Robots("", self._rules.user_agent)
            if error.reason.startswith("status_"):
                return FetchError("robots", f"it is not asked while its robots.txt cannot be had: {error}")
            return FetchError(error.reason, str(error))  # without what it was raised in, which is kept otherwise


class _Body(io.RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


@contextmanager
def _told() -> Iterator[None]:
    """What httpcore raises, as what is told."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise _PassingError("timeout", "no answer in time") from error
    except httpcore.NetworkError as error:
        raise _PassingError("unreachable", str(error) or "the connection broke") from error
    except httpcore.ProtocolError as error:
        # the pool takes the cause off what it raises again
        if getattr(error.__cause__ or error.__context__, "error_status_hint", None) == 431:
            raise FetchError("too_large", "the headers do not end") from error
        raise _PassingError("bad_answer", f"the answer is not HTTP, or was cut short: {error}") from error


def _named(pieces: Iterator[bytes], url: httpx.URL) -> Iterator[bytes]:
    try:
        yield from pieces
    except FetchError as error:
        raise FetchError(error.reason, f"cannot fetch {_shown(url)}: {error}") from error


def _passes(error: BaseException) -> bool:
    return isinstance(error, _PassingError)


_backoff = tenacity.wait_exponential_jitter(initial=1, max=60, jitter=1)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _PassingError) and error.after is not None:
        return error.after
    return _backoff(state)


def _retry_after(value: str, now: float) -> float | None:
    """Seconds that a server asks to wait, as a number or as a date."""
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:
        # what is wrong may be part of a password
        raise FetchError("bad_address", "the location is not an address of the web") from error
    return _asked_for(parsed)


def _asked_for(url: httpx.URL) -> httpx.URL:
    if url.scheme not in {"http", "https"}:
        raise FetchError("scheme", f"only http and https are asked, not {url.scheme[:20]!r}")
    if not _HOST.fullmatch(url.raw_host) or not 0 < (url.port or 80) < 65536:
        raise FetchError("bad_address", f"no host of the web: {url.netloc.decode('ascii')[:300]!r}")
    return url.copy_with(fragment=None)


def _next(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads; what it says of users and passwords is passed over."""
    try:
        there = url.copy_with(userinfo=b"").join(location.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError("bad_address", f"it leads to what is not an address: {error}") from error
    there = _asked_for(there).copy_with(userinfo=b"")
    if url.scheme == "https" and there.scheme == "http":
        raise FetchError("scheme", f"it leads from https to {_shown(there)}, where anyone on the way can change it")
    return there


def _headers(user_agent: str, url: httpx.URL, start: httpx.URL) -> dict[str, str]:
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": user_agent.strip(),
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
    }
    if start.userinfo and _origin(url) == _origin(start):
        told = f"{start.username}:{start.password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(told).decode('ascii')}"
    return headers


def _conditions(seen: Validators) -> dict[str, str]:
    conditions = {"If-None-Match": seen.etag, "If-Modified-Since": seen.last_modified}
    return {name: value for name, value in conditions.items() if value and _VALIDATOR.fullmatch(value)}


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _shown(url: httpx.URL) -> str:
    """An address for people."""
    return masked(str(url.copy_with(userinfo=b"")))


def _document(content: bytes, start: httpx.URL, url: httpx.URL, headers: httpx.Headers) -> Document:
    told = headers.get("content-type", "")
    charset = _CHARSET.search(told)
    return Document(
        content,
        name=_shown(start),
        url=str(url.copy_with(userinfo=b"")),
        media_type=told.partition(";")[0].strip().lower() or None,
        charset=charset[1].lower() if charset else None,
    )
