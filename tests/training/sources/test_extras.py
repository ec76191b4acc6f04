"""A library that is not there is named, with what to install."""

from __future__ import annotations

import pytest

from models.errors import SourceError
from training.sources.extras import required


def test_what_is_there_is_loaded() -> None:
    assert required("json.decoder", "web").JSONDecoder


def test_what_is_not_there_is_named_with_its_extra() -> None:
    with pytest.raises(SourceError, match=r"nowhere_at_all is not installed: pip install 'silah\[web\]'"):
        required("nowhere_at_all.inner", "web")
