"""Visits: what is remembered of an address between runs, so that what is as it was is not asked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import astuple, dataclass
from hashlib import blake2b

from training.sources.fetching import Answer, Validators
from training.sources.opening import shown
from training.sources.times import moment

_KEY = "visit "  # before the address
_DIGEST = 16  # bytes


@dataclass(frozen=True, slots=True)
class Visit:
    """The last time that an address was read to its end.

    Attributes:
        etag, last_modified: as its server said them.
        changed: when it was changed, as a sitemap said.
        at: the server's time, RFC 3339; empty where it told none.
    """

    etag: str | None = None
    last_modified: str | None = None
    changed: str = ""
    at: str = ""

    @property
    def validators(self) -> Validators:
        return Validators(self.etag, self.last_modified)

    def settles(self, changed: str) -> bool:
        """Whether a sitemap says of the address that it is as it was at this visit.

        A day alone says so from the next day on: on the same day more may have come.
        """
        return bool(changed) and changed == self.changed and ("T" in changed or self.at[:10] > changed)


def recall(memory: Mapping[str, str], url: str) -> Visit:
    """The last visit; one that says nothing where there was none."""
    try:
        etag, last_modified, changed, at = json.loads(memory[_key(url)])
        return Visit(etag, last_modified, changed, at)
    except (KeyError, ValueError, TypeError):
        return Visit()


def remember(memory: MutableMapping[str, str], url: str, answer: Answer, changed: str = "") -> None:
    """Keep a visit, when all that came of it was handed out."""
    try:
        at = moment(answer.headers.get("date", ""))
    except ValueError:
        at = ""
    visit = Visit(answer.validators.etag, answer.validators.last_modified, changed, at)
    memory[_key(url)] = json.dumps(astuple(visit))


def _key(url: str) -> str:
    """One for each address, in which nobody reads the passwords of those that hold some."""
    name = shown(url)
    digest = "" if name == url else f" {blake2b(url.encode(), digest_size=_DIGEST).hexdigest()}"
    return f"{_KEY}{name}{digest}"
