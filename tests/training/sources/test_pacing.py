"""No host is asked more often than it may be."""

from __future__ import annotations

from training.sources.pacing import Pace


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_each_host_has_its_own_pace() -> None:
    time = Time()
    pace = Pace(0.5, lambda: time.now, time.sleep)
    pace.wait("a")
    pace.wait("b")
    assert time.slept == []
    pace.wait("a")
    pace.wait("b", 0.1)
    assert time.slept == [0.5]  # and with it that of the other is over
    pace.wait("a", 3.0)
    assert time.slept == [0.5, 3.0]
    time.now += 10
    pace.wait("a", 3.0)
    assert time.slept == [0.5, 3.0]


def test_a_thousand_hosts_later_one_is_forgotten() -> None:
    time = Time()
    pace = Pace(0.5, lambda: time.now, time.sleep)
    for number in range(1002):
        pace.wait(str(number))
    pace.wait("0")
    assert time.slept == []
    pace.wait("1001")
    assert time.slept == [0.5]
