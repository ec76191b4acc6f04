"""Memory: what was freed goes back to the system, where the C library would keep it for later."""

from __future__ import annotations

import ctypes

# glibc's; other libraries give back by themselves, or not at all
_trim = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)


def give_back() -> None:
    """Let go of free memory: some milliseconds, in which other threads run. Meant for after much was built anew."""
    _trim(0)
