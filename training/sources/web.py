"""The web as a source sees it: who asks, what was remembered of the last time, and how a page is read."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.errors import RecordError
from training.sources.document import Document

if TYPE_CHECKING:
    from training.sources.fetching import Fetcher  # of the extra `web`

ReadPage = Callable[[Document], dict[str, Any] | RecordError]


@dataclass(frozen=True, slots=True)
class Web:
    """What sources need that ask on their own.

    Attributes:
        memory: what a source knows from earlier runs about its location; a source sets a key after the records
            that it stands for were handed out, and finds it when it is asked again.
        page: a record of an article's page.
    """

    fetcher: Fetcher
    page: ReadPage
    memory: MutableMapping[str, str] = field(default_factory=dict)
