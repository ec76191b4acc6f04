"""Extrapolation: powers and lines go on as they were; what a cluster shares gets shorter, the rest does not."""

from __future__ import annotations

import pytest

from benchmarks.training.extrapolation import Measured, exponent, peak, seconds, table

GROWN = [
    Measured(n, {"read": n / 100, "neighbours": (n / 1000) ** 1.5, "evaluate": 8.0 - n / 10_000}, 5e8 + 2_000 * n)
    for n in (10_000, 20_000, 40_000)
]


@pytest.mark.parametrize(("stage", "expected"), [("read", 1), ("neighbours", 1.5), ("evaluate", 0)])
def test_stages_grow_by_their_power_and_never_shrink(stage: str, expected: float) -> None:
    assert exponent(GROWN, stage) == pytest.approx(expected)


def test_time_goes_on_from_the_largest_training() -> None:
    assert seconds(GROWN, "read", 4_000_000) == pytest.approx(40_000)
    assert seconds(GROWN, "neighbours", 4_000_000) == pytest.approx(4_000**1.5)
    assert seconds(GROWN, "evaluate", 4_000_000) == 4


def test_what_starts_anew_in_each_training_does_not_make_the_rest_look_small() -> None:
    trainings = [Measured(n, {"analyse": 5 + n / 1000}, 0) for n in (1_000, 9_000)]
    assert exponent(trainings, "analyse") < 1
    assert seconds(trainings, "analyse", 1_000_000) == pytest.approx(1_005)


def test_a_training_is_read_as_it_is_printed() -> None:
    printed = {"version": "v", "articles": 5, "seconds": {"read": 2.0}, "peak_memory_bytes": 9}
    assert Measured.of(printed) == Measured(5, {"read": 2.0}, 9)


def test_memory_is_a_line() -> None:
    assert peak(GROWN, 10_000_000) == pytest.approx(5e8 + 2e10)


def test_workers_take_their_share_of_what_is_shared() -> None:
    lines = list(table(GROWN, [3_600_000], cores=2, workers=20))
    assert lines[0] == "| stage | grows as | 3,600,000 articles, h |"
    read, neighbours, evaluated = 10.0, 3600**1.5 / 3600, 4 / 3600
    assert f"| neighbours | n^1.50 | {neighbours:.2f} |" in lines
    assert f"| **all, 2 cores** | | {read + neighbours + evaluated:.1f} |" in lines
    assert f"| **all, 20 cores of workers** | | {read + neighbours / 10 + evaluated:.1f} |" in lines
    assert lines[-1].strip() == "from trainings of up to 40,000 articles"
