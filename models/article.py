"""Article: one piece of news, checked once, then trusted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from models.errors import RecordError

MAX_ID_LENGTH = 128
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) ?([Zz]|[+-]\d\d(?::?\d\d)?)?)?")


@dataclass(frozen=True, slots=True)
class Article:
    """One article. Times are aware and in UTC; ``None`` means unknown.

    ``links`` are ids or titles of articles that an editor linked by hand; they are
    used in evaluation only, never for ranking.
    """

    id: str
    title: str
    body: str = ""
    section: str | None = None
    published_at: datetime | None = None
    url: str | None = None
    image_url: str | None = None
    source: str | None = None
    author: str | None = None
    language: str | None = None
    edition: str | None = None
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    expires_at: datetime | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Article:
        """Read an article out of a record; unknown keys and ``None`` values are passed over.

        Raises:
            RecordError: with reason ``missing_id``, ``bad_id``, ``blank_title``,
                ``bad_time`` or ``bad_type``.
        """
        body = record.get("body")
        return cls(
            id=_identifier(record.get("id")),
            title=_title(record.get("title")),
            body=_text("body", body) if body is not None else "",
            section=_label("section", record),
            published_at=_time("published_at", record),
            url=_label("url", record),
            image_url=_label("image_url", record),
            source=_label("source", record),
            author=_label("author", record),
            language=_label("language", record),
            edition=_label("edition", record),
            tags=_labels("tags", record),
            links=_labels("links", record),
            expires_at=_time("expires_at", record),
        )

    def to_record(self) -> dict[str, Any]:
        """The article as a record: members without a value are left out, times end in ``Z``."""
        record: dict[str, Any] = {}
        for name in FIELDS:
            value = getattr(self, name)
            if isinstance(value, datetime):
                record[name] = format_time(value)
            elif isinstance(value, tuple):
                if value:
                    record[name] = list(value)
            elif value is not None and (value != "" or name == "body"):
                record[name] = value
        return record


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Article))


def deleted_id(record: Mapping[str, Any]) -> str | None:
    """The id of a record that says its article is deleted, ``{"id": …, "deleted": true}``; None of any other.

    Raises:
        RecordError: with reason ``missing_id``, ``bad_id`` or ``bad_type``.
    """
    deleted = record.get("deleted")
    if deleted is not None and not isinstance(deleted, bool):
        raise RecordError("bad_type", "deleted is neither true nor false")
    return _identifier(record.get("id")) if deleted else None


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time into UTC; a bare date or a naive time is taken as UTC.

    Raises:
        ValueError: when it is no such time, or lies outside the years 1 to 9999 in UTC.
    """
    match = _RFC_3339.fullmatch(text.strip())
    if match is None or not text.isascii():
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
    date, clock, zone = match.groups()
    # RFC 3339 5.6 allows a leap second, Python's datetime does not: it becomes the second before
    clock = re.sub(r"(:\d\d):60", r"\1:59", clock) if clock else "00:00:00"
    moment = datetime.fromisoformat(f"{date}T{clock.replace(',', '.')}{(zone or 'Z').upper()}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"outside the years 1 to 9999: {text[:40]!r}") from error


def format_time(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, without needless fractions: ``2026-11-23T10:00:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z, exact."""
    return (moment - EPOCH) // MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware UTC time of a number of microseconds since 1970."""
    return EPOCH + MICROSECOND * value


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(letter) == "Cc" for letter in text)


def _repair(text: str) -> str:
    """Lone surrogates cannot leave as UTF-8: they become U+FFFD; NUL goes."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _identifier(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise RecordError("missing_id", "the record has no id")
    if not isinstance(value, str):
        raise RecordError("bad_id", f"the id is neither a string nor an integer: {str(value)[:40]!r}")
    if len(value) > MAX_ID_LENGTH:
        raise RecordError("bad_id", f"the id has {len(value)} characters; {MAX_ID_LENGTH} are allowed")
    if _has_controls(value) or _repair(value) != value:
        raise RecordError("bad_id", "the id holds control characters or is not valid Unicode")
    return value


def _title(value: object) -> str:
    title = " ".join(_text("title", value).split()) if value is not None else ""
    if not any(letter.isalnum() for letter in title):
        raise RecordError("blank_title", "the record has no title")
    return title


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise RecordError("bad_type", f"{name} is not a string")
    return _repair(value)


def _label(name: str, record: Mapping[str, Any]) -> str | None:
    value = record.get(name)
    return _text(name, value).strip() or None if value is not None else None


def _labels(name: str, record: Mapping[str, Any]) -> tuple[str, ...]:
    value = record.get(name)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise RecordError("bad_type", f"{name} is not a list of strings")
    labels = (_text(name, label).strip() for label in value)
    return tuple(dict.fromkeys(label for label in labels if label))


def _time(name: str, record: Mapping[str, Any]) -> datetime | None:
    value = _label(name, record)
    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError as error:
        raise RecordError("bad_time", f"{name} is {error}") from error
