"""A joblib backend that may be on other machines, as far as a training knows: threads of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from joblib import parallel

ELSEWHERE = "elsewhere"


@contextmanager
def elsewhere() -> Iterator[str]:
    """Its name, known to joblib as long as the block lasts."""
    with patch.dict(parallel.BACKENDS, {ELSEWHERE: parallel.ThreadingBackend}):
        yield ELSEWHERE
