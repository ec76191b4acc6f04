"""Addresses: of one article one id, whatever way it comes."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from models.article import MAX_ID_LENGTH

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|igshid|mc_[ce]id|ref_src|_ga")
_POST = re.compile(r"[1-9]\d{0,17}")
_DIGEST = 16  # hexadecimal digits at the end of an address that is too long


def scheme_of(location: str) -> str | None:
    """The scheme of an address, in lower case; None of a path."""
    found = _SCHEME.match(location)
    return found[1].lower() if found else None


def on_the_web(location: str) -> bool:
    """Whether it is asked over HTTP."""
    return scheme_of(location) in {"http", "https"}


def canonical(url: str) -> str:
    """An address without what does not change the page: fragment, tracking, the standard port, case of the host.

    The path stays as it is, but that letters are percent-encoded, so that it can be asked for.

    Raises:
        ValueError: when it is no address at all.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and (parts.scheme.lower(), parts.port) not in {("http", 80), ("https", 443)}:
        host = f"{host}:{parts.port}"
    kept = [pair for pair in parts.query.split("&") if pair and not _TRACKING.fullmatch(pair.split("=", 1)[0].lower())]
    path = quote(parts.path or ("/" if host else ""), safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit((parts.scheme.lower(), host, path, "&".join(kept), ""))


def post_id(url: str) -> str | None:
    """The number of a post in an address of WordPress, ``https://site.example/?p=123``; else None."""
    try:
        parts = urlsplit(url.strip())
        asked = dict(parse_qsl(parts.query, max_num_fields=20))
    except ValueError:
        return None
    number = asked.get("p", "")
    return number if parts.path in {"", "/"} and parts.netloc and _POST.fullmatch(number) else None


def article_id(url: str, guid: str | None = None) -> str:
    """The id of an article that has none but its address.

    The number of a WordPress post where ``guid`` or the address tells it; else the canonical address in readable
    letters. One longer than an id may be is cut and ends in a digest of the whole.

    Raises:
        ValueError: when ``url`` is no address.
    """
    number = post_id(guid or "") or post_id(url)
    if number is not None:
        return number
    address = _readable(canonical(url))
    if len(address) <= MAX_ID_LENGTH:
        return address
    digest = hashlib.sha256(address.encode()).hexdigest()[:_DIGEST]
    return f"{address[: MAX_ID_LENGTH - _DIGEST - 1]}~{digest}"


def _readable(address: str) -> str:
    """With letters instead of their codes, where these are UTF-8 and do not part the address."""
    return re.sub(r"(?:%[89a-fA-F][0-9a-fA-F])+", _decoded, address)


def _decoded(codes: re.Match[str]) -> str:
    try:
        letters = unquote(codes.group(), errors="strict")
    except UnicodeDecodeError:
        return codes.group()
    return letters if letters.isprintable() and " " not in letters else codes.group()
