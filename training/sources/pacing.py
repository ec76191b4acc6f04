"""Pacing: how often one host is asked."""

from __future__ import annotations

from collections.abc import Callable

_HOSTS = 1000  # that are remembered


class Pace:
    """Waits until a host may be asked again.

    Args:
        interval: seconds between two questions to one host.
    """

    def __init__(self, interval: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._last: dict[str, float] = {}

    def wait(self, host: str, interval: float = 0.0) -> None:
        """Return when it may be asked; it counts as asked then.

        Args:
            host: a name or an address.
            interval: seconds that the host itself wishes for; the longer counts.
        """
        now = self._clock()
        due = self._last.pop(host, float("-inf")) + max(interval, self._interval)
        if due > now:
            self._sleep(due - now)
        self._last[host] = max(due, now)
        if len(self._last) > _HOSTS:
            del self._last[next(iter(self._last))]
