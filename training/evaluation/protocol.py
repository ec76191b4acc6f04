"""Protocol: which articles are asked, at which moment, and what is counted of their lists.

Up to 1,000 articles, spread evenly over the index, are asked **in time order**: each as of its own
publication, when most of its readers come, so that nothing later can be shown; an article without a
date at the end of time. The index holds the nearest articles over all its time: what is counted of
old articles in a fast-growing archive is therefore a little less than readers saw. Figures that end
in ``_end`` are of the same articles asked at the end of time, as a late reader asks.

Ten related articles are asked for and five of «you may also like»; the first five of each are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2, nan

import numpy as np

from models.analysis import Analyzer
from models.candidates import Query
from models.index import DAY, NEVER, NO_SECTION, UNKNOWN_TIME, ArticleIndex
from models.recommenders import DEFAULT_ALSO_LIKE, Recommender, related_news, you_may_also_like
from models.reranking import pairwise
from models.tfidf import TfidfModel
from training.evaluation import systems
from training.evaluation.figures import SEED, Figure, Values, estimate, total
from training.evaluation.metrics import recall, reciprocal_rank, repeats
from training.evaluation.ranking import ask
from training.evaluation.tasks import copies_among, own_text
from training.evaluation.texts import Document, grams

SAMPLE = 1000
DEPTH = 10
JUDGED = 5
QUICK_TEXTS = 1000  # articles among which a training looks for an article's own text
QUICK_ASKED = 500

PROMISES = ("story_repeats", "lists_overlap")
MEDIANS = ("age_days", "age_days_also")
LATE = ("coverage_5", "coverage_also_2", "diversity_5", "diversity_also_5", "age_days", "section_match_5")
OWN_TEXT = {"title": "title_mrr_10", "half": "half_mrr_10"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated.

    Attributes:
        text: analyzer and weights; None for a version whose analyzer this release no longer has:
            its lists can be looked at, texts it has not seen cannot be ranked by it.
    """

    recommender: Recommender
    text: tuple[Analyzer, TfidfModel] | None

    @property
    def index(self) -> ArticleIndex:
        return self.recommender.index


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one article, as rows, best first."""

    source: int
    related: Sequence[int]
    also_like: Sequence[int] = ()
    similarity: float = 0.0


def evaluate(subject: Subject, advance: Callable[[int], None]) -> dict[str, Figure]:
    """The figures that a training writes into the manifest; docs/evaluation.md has the formula of each.

    ``title_mrr_10`` and ``half_mrr_10`` are the tasks ``title`` and ``half`` among at most 1,000 articles.
    """
    return figures_of(subject, *ask_both(subject.recommender, sample(len(subject.index)), advance))


def figures_of(subject: Subject, in_time: Sequence[Lists], late: Sequence[Lists]) -> dict[str, Figure]:
    """The same, of lists asked before."""
    texts = own_texts(subject, sample(len(subject.index), QUICK_TEXTS))
    return {**list_figures(subject.index, in_time, late), **{name: estimate(values) for name, values in texts.items()}}


def flat(figures: dict[str, Figure]) -> dict[str, float | None]:
    """Figures as name → number."""
    return {name: figure.value for name, figure in figures.items()}


def ask_in_time(recommender: Recommender, rows: Sequence[int]) -> list[Lists]:
    """The lists of articles in time order, as the service makes them."""
    return [_lists(recommender, row, moment_of(recommender.index, row)) for row in rows]


def ask_both(
    recommender: Recommender, rows: Sequence[int], advance: Callable[[int], None]
) -> tuple[list[Lists], list[Lists]]:
    """The lists of articles in time order, and those at the end of time."""
    in_time, late = [], []
    for row in rows:
        in_time += ask_in_time(recommender, [row])
        late.append(_lists(recommender, row, NEVER - 1))
        advance(1)
    return in_time, late


def list_figures(index: ArticleIndex, in_time: Sequence[Lists], late: Sequence[Lists] = ()) -> dict[str, Figure]:
    """Figures of lists; those at the end of time only where such lists are given."""
    linked = linked_stories(index, [lists.source for lists in in_time])
    figures = {name: _figure(name, values) for name, values in list_values(index, in_time, linked).items()}
    shown = [row for lists in in_time for row in lists.related[:JUDGED]]
    most = min(len(index), len(shown))
    figures["catalogue_5"] = Figure(len(set(shown)) / most if most else None, None, None, len(in_time))
    if late:
        values = list_values(index, late, {})
        figures |= {f"{name}_end": _figure(name, values[name]) for name in LATE}
        for name in PROMISES:
            broken = (figures[name].value or 0.0) + float(values[name].sum())
            figures[name] = Figure(broken, None, None, len(in_time) + len(late))
    return figures


def promise_figures(index: ArticleIndex, asked: Sequence[Lists]) -> dict[str, Figure]:
    """How often lists break what they promise, of those figures that must be 0 alone."""
    values = [_promises(*_stories_of(index, lists)) for lists in asked]
    return {name: total([one[name] for one in values]) for name in PROMISES}


def list_values(index: ArticleIndex, asked: Sequence[Lists], linked: Mapping[int, set[int]]) -> dict[str, Values]:
    """One value an asked article for each figure; nan where there is nothing to count."""
    often = Counter(row for lists in asked for row in lists.related[:JUDGED])
    sizes = np.bincount(index.section[index.section != NO_SECTION], minlength=len(index.section_names))
    values = [
        _values(index, lists, often, len(asked), sizes) | _found(index, lists, linked.get(lists.source, set()))
        for lists in asked
    ]
    return {name: np.array([one[name] for one in values], dtype=np.float64) for name in (values[0] if values else ())}


def linked_stories(index: ArticleIndex, rows: Sequence[int]) -> dict[int, set[int]]:
    """For each row the stories that editors linked its article to, by id or by title; its own is left out.

    A link is found when any article of its story is: a list holds one of them at most.
    """
    links = {row: index.article(row).links for row in rows}
    found = {link: index.find(link) for named in links.values() for link in named}
    titles = {link for link, row in found.items() if row is None}
    if titles:
        for row in range(len(index) - 1, -1, -1):  # the newest of several articles of one title
            if (title := index.article(row).title) in titles:
                found[title] = row
    return {
        row: {int(index.story[other]) for link in named if (other := found[link]) is not None} - {int(index.story[row])}
        for row, named in links.items()
    }


def own_texts(subject: Subject, rows: Sequence[int]) -> dict[str, Values]:
    """Reciprocal ranks of the tasks ``title`` and ``half`` among the articles of some rows."""
    if subject.text is None:
        return own_text_values(None, [])
    analyzer, _ = subject.text
    return own_text_values(subject.text, [Document.of(subject.index.article(row), analyzer) for row in rows])


def own_text_values(text: tuple[Analyzer, TfidfModel] | None, documents: Sequence[Document]) -> dict[str, Values]:
    """The same among documents from anywhere; nan when nobody ranks or there is no material."""
    nothing = {name: np.array([nan]) for name in OWN_TEXT.values()}
    if text is None:
        return nothing
    copies = copies_among([grams(one.body) for one in documents])
    tasks = own_text(documents, copies, QUICK_ASKED, np.random.default_rng(SEED))
    system = systems.version(*text)
    return nothing | {OWN_TEXT[name]: ask(system, task) for name, task in tasks.items()}


def sample(count: int, most: int = SAMPLE) -> list[int]:
    """Up to ``most`` rows, evenly spaced, so that every time and section has its part."""
    return [int(row) for row in np.unique(np.linspace(0, count - 1, min(most, count)).round())] if count else []


def common_rows(index: ArticleIndex, other: ArticleIndex) -> np.ndarray:
    """Rows of the articles that two indexes share, int64 (n, 2), in the order of the first."""
    _, mine, theirs = np.intersect1d(index.id_hashes, other.id_hashes, return_indices=True)
    pairs = np.stack([index.id_rows[mine], other.id_rows[theirs]], axis=1).astype(np.int64)
    return pairs[np.argsort(pairs[:, 0])]


def moment_of(index: ArticleIndex, row: int) -> int:
    """When an article is asked: at its publication, without a date at the end of time."""
    published = int(index.published[row])
    return NEVER - 1 if published == UNKNOWN_TIME else published


def _lists(recommender: Recommender, row: int, moment: int) -> Lists:
    related = related_news(recommender, row, Query(as_of=moment, limit=DEPTH))
    also_like = you_may_also_like(recommender, row, Query(as_of=moment, limit=JUDGED))
    similarity = related[0].similarity if related else 0.0
    return Lists(row, [item.row for item in related], [item.row for item in also_like], similarity)


def _figure(name: str, values: Values) -> Figure:
    if name in PROMISES:
        return total(values)
    return estimate(values, np.median if name in MEDIANS else np.mean)


def _values(index: ArticleIndex, lists: Lists, often: Counter[int], asked: int, sizes: np.ndarray) -> dict[str, float]:
    """What is counted of the lists of one article."""
    source, related, also_like = lists.source, lists.related[:JUDGED], lists.also_like[:JUDGED]
    own, ten, other = _stories_of(index, lists)
    section = int(index.section[source])
    return {
        "coverage_5": float(len(related) == JUDGED),
        "coverage_also_2": float(len(also_like) >= DEFAULT_ALSO_LIKE),
        "similarity_1": lists.similarity,
        "section_match_5": _match(index, section, related),
        "section_match_also_5": _match(index, section, also_like),
        "section_match_random": nan if section == NO_SECTION else (sizes[section] - 1) / max(len(index) - 1, 1),
        "diversity_5": _diversity(index, related),
        "diversity_also_5": _diversity(index, also_like),
        "age_days": _age(index, source, related),
        "age_days_also": _age(index, source, also_like),
        "novelty_5": float(np.mean([-log2(often[row] / asked) for row in related])) if related else nan,
        **_promises(own, ten, other),
    }


def _promises(own: int, related: Sequence[int], also_like: Sequence[int]) -> dict[str, float]:
    """How often lists break what they promise, from the stories of an article, its ten related ones and the others."""
    return {
        "story_repeats": repeats([own, *related]) + repeats(also_like),
        "lists_overlap": len({own, *related[:JUDGED]}.intersection(also_like)),
    }


def _stories_of(index: ArticleIndex, lists: Lists) -> tuple[int, list[int], list[int]]:
    """The stories of an article, of its related articles and of the first of the others."""
    other = _stories(index, lists.also_like[:JUDGED])
    return int(index.story[lists.source]), _stories(index, lists.related), other


def _stories(index: ArticleIndex, rows: Sequence[int]) -> list[int]:
    return [int(index.story[row]) for row in rows]


def _found(index: ArticleIndex, lists: Lists, wanted: set[int]) -> dict[str, float]:
    found = _stories(index, lists.related)
    return {"links_recall_10": recall(found, wanted), "links_mrr_10": reciprocal_rank(found, wanted)}


def _match(index: ArticleIndex, section: int, rows: Sequence[int]) -> float:
    if section == NO_SECTION or not rows:
        return nan
    return float(np.mean(index.section[np.array(rows)] == section))


def _diversity(index: ArticleIndex, rows: Sequence[int]) -> float:
    """1 - mean cosine of the pairs of a list (Ziegler et al. 2005, intra-list similarity)."""
    if len(rows) < 2:
        return nan
    cosines = pairwise(index, np.array(rows, dtype=np.int32))
    return float(1 - cosines[np.triu_indices(len(rows), 1)].mean())


def _age(index: ArticleIndex, source: int, rows: Sequence[int]) -> float:
    """Median of the days between an article and those shown; those without a date do not count."""
    published = index.published[np.array([source, *rows])]
    if published[0] == UNKNOWN_TIME or not (published[1:] != UNKNOWN_TIME).any():
        return nan
    gaps = np.abs(published[1:][published[1:] != UNKNOWN_TIME] - published[0]) / DAY
    return float(np.median(gaps))
