"""Times as the web writes them: RFC 822, the W3C's note, and what is near to them."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from models.article import format_time, parse_time

_LONGEST = 100  # characters
_ZONE_NAMES = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)


def moment(text: str) -> str:
    """A time of a feed or a page as RFC 3339 in UTC; one that names no zone is taken as UTC.

    Raises:
        ValueError: when it is no time.
    """
    text = " ".join(text[: _LONGEST + 1].split())
    if len(text) > _LONGEST:
        raise ValueError(f"not a time: {text[:40]!r}")
    try:
        return format_time(parse_time(_ZONE_NAMES.sub("Z", text) if text[:4].isdigit() else text))
    except ValueError:
        pass
    try:
        read = parsedate_to_datetime(text)
        return format_time(read if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"not a time: {text[:40]!r}") from error
