"""What random readers do, and who counts among them, one after the other, as plainly as can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from hypothesis import strategies as st

from models.interaction import Act, Interaction
from models.popularity import BUCKET, HOUR, MINUTE, ReadingRules
from tests.support.indexes import seeds

START = 1_700_000_000_000_000 // (HOUR * BUCKET) * HOUR * BUCKET  # the beginning of an hour
FEW = ReadingRules(most_read_hours=3, half_life_hours=0.5, retention_days=0.25, articles_an_hour=3)


@st.composite
def interactions(
    draw: st.DrawFn, ids: tuple[str, ...] = ("أ", "ب", "ج", "د", "ه"), most: int = 60
) -> list[Interaction]:
    """Random interactions of few readers with few articles within nine hours: repeats and bots abound."""
    pick = draw(seeds)
    return [_interaction(pick, ids) for _ in range(draw(st.integers(0, most)))]


def _interaction(pick: Random, ids: tuple[str, ...]) -> Interaction:
    return Interaction(
        pick.choice([Act.IMPRESSION, Act.CLICK, Act.READ, Act.READ]),
        pick.choice(ids),
        START + pick.randrange(9 * 60) * MINUTE + pick.randrange(MINUTE),
        pick.choice([None, 0, 1, 2, 3, 4, (1 << 39) - 1]),
    )


def latest_readings(
    done: Iterable[Interaction], rules: ReadingRules, as_of: int
) -> dict[tuple[str, object], tuple[int, bool]]:
    """Article and reader → the bucket that counts as of a moment, and whether the reader is known."""
    read = [one for one in done if one.act is not Act.IMPRESSION and one.at // BUCKET <= as_of // BUCKET]
    opened: dict[tuple[int, int], set[str]] = defaultdict(set)
    for one in read:
        if one.reader is not None:
            opened[one.reader, one.at // (HOUR * BUCKET)].add(one.article_id)
    found: dict[tuple[str, object], tuple[int, bool]] = {}
    for one in read:
        hour, bucket = one.at // (HOUR * BUCKET), one.at // BUCKET
        if one.reader is not None and len(opened[one.reader, hour]) > rules.articles_an_hour:
            continue
        if bucket < rules.first_counted(as_of):
            continue
        who = ("minute", one.at // MINUTE) if one.reader is None else one.reader
        last = found.get((one.article_id, who), (0, True))[0]
        found[one.article_id, who] = (max(last, bucket), one.reader is not None)
    return found
