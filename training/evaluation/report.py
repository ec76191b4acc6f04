"""Report: everything that can be said of a version, beside what others make of the same articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.artifact import Model
from models.candidates import Query
from models.index import ArticleIndex
from models.retrieval import latest
from training.evaluation import systems
from training.evaluation.figures import SEED, Figure, estimate
from training.evaluation.metrics import jaccard, rank_biased_overlap
from training.evaluation.protocol import (
    DEPTH,
    JUDGED,
    Lists,
    Subject,
    ask_both,
    ask_in_time,
    common_rows,
    figures_of,
    flat,
    list_figures,
    moment_of,
    sample,
)
from training.evaluation.ranking import Fresh, ask, best
from training.evaluation.systems import PEERS, System
from training.evaluation.tasks import COPY, all_tasks
from training.evaluation.texts import Document, Text, grams, shared

ASKED = 1000  # queries a task
POOL = 10_000  # articles of the tasks: the newest
COMPARED = 50_000  # the lists of peers are made up to so many articles: theirs are not made to be fast
BLOCK = 25  # articles whose scores against all others are held at once
OURS = "silah"
LATEST = "latest"

# what says something of lists that a peer made; the rest is about our own vectors or the second list
OF_PEERS = (
    "coverage_5",
    "links_recall_10",
    "links_mrr_10",
    "section_match_5",
    "section_match_random",
    "diversity_5",
    "age_days",
    "novelty_5",
    "catalogue_5",
)


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """A task: how many documents it has, and the figure of each system."""

    documents: int
    systems: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Change:
    """How the related lists of a version differ from those of an earlier one, for articles that both have.

    Attributes:
        common: articles asked; ``jaccard_5``, ``rbo_10``: 1 is no change.
    """

    version: str
    common: int
    jaccard_5: Figure
    rbo_10: Figure


@dataclass(frozen=True, slots=True)
class Report:
    """What ``silah evaluate --json`` prints, ``pairs`` apart.

    Attributes:
        metrics: name → number, those of the manifest and of the same protocol.
        figures: the same with intervals, and ``duplicates_5``.
        peers: system → figures of lists made by that system for the same articles at the same moments.
        tasks: task → figures of each system; a task without material is absent.
    """

    version: str
    metrics: dict[str, float | None]
    figures: dict[str, Figure]
    peers: dict[str, dict[str, Figure]]
    tasks: dict[str, TaskFigures]
    against: Change | None

    def document(self) -> dict[str, Any]:
        """As JSON members."""
        return asdict(self)


def report(
    model: Model,
    documents: Sequence[Document] | None,
    earlier: Model | None,
    stage: Callable[[str, int | None], Callable[[int], None]],
) -> Report:
    """Evaluate a version in full.

    Args:
        model: the version.
        documents: what the tasks are made of; the newest 10,000 of the model's own articles when None.
        earlier: the version to compare its lists with.
        stage: where to tell progress, see :class:`training.progress.Reporter`.
    """
    subject = Subject(model.recommender, (model.analyzer, model.tfidf))
    rows = sample(len(model.index))
    lists, late = ask_both(model.recommender, rows, stage("evaluating", len(rows)))
    figures = figures_of(subject, lists, late)
    metrics = flat(figures)
    whole = _documents(model, range(len(model.index) if len(model.index) <= COMPARED else 0))
    given = documents if documents is not None else whole[:POOL] or _documents(model, range(POOL))
    figures["duplicates_5"] = _duplicates(model, lists, whole)
    return Report(
        version=model.manifest.version,
        metrics=metrics,
        figures=figures,
        peers=_peers(model, rows, whole, stage("peers", len(PEERS) + 1)),
        tasks=_tasks(model, _newest(given), stage("tasks", None)),
        against=None if earlier is None else change(model, earlier),
    )


def change(model: Model, earlier: Model) -> Change:
    """Compare the related lists of two versions, each article as of its publication."""
    index, before = model.index, earlier.index
    pairs = common_rows(index, before)
    pairs = pairs[sample(len(pairs))]
    one = _related_ids(model, pairs[:, 0])
    other = _related_ids(earlier, pairs[:, 1])
    both = list(zip(one, other, strict=True))
    return Change(
        earlier.manifest.version,
        len(pairs),
        estimate([jaccard(new[:JUDGED], old[:JUDGED]) for new, old in both]),
        estimate([rank_biased_overlap(new, old) for new, old in both]),
    )


def _related_ids(model: Model, rows: np.ndarray) -> list[list[str]]:
    in_time = ask_in_time(model.recommender, rows.tolist())
    return [[model.index.article(row).id for row in lists.related] for lists in in_time]


def _documents(model: Model, rows: range) -> list[Document]:
    kept = rows[: len(model.index)]
    return [Document.of(model.index.article(row), model.analyzer) for row in kept]


def _newest(documents: Sequence[Document]) -> list[Document]:
    """At most as many as the tasks take, the newest; those without a date last."""
    if len(documents) <= POOL:
        return list(documents)
    days = np.array([one.day for one in documents])
    return [documents[place] for place in np.argsort(-days, kind="stable")[:POOL].tolist()]


def _duplicates(model: Model, asked: Sequence[Lists], whole: Sequence[Document]) -> Figure:
    """Pairs of copies among an article and its first five, by runs of five words, whatever their stories.

    ``whole`` are the cleaned articles of all rows, or none.
    """
    shown = {row for lists in asked for row in (lists.source, *lists.related[:JUDGED])}
    runs = {
        row: grams((whole[row] if whole else Document.of(model.index.article(row), model.analyzer)).body)
        for row in shown
    }
    counts = []
    for lists in asked:
        rows = [lists.source, *lists.related[:JUDGED]]
        pairs = [(one, other) for place, one in enumerate(rows) for other in rows[:place]]
        counts.append(float(sum(shared(runs[one], runs[other]) >= COPY for one, other in pairs)))
    return estimate(counts)


def _peers(
    model: Model, rows: Sequence[int], whole: Sequence[Document], advance: Callable[[int], None]
) -> dict[str, dict[str, Figure]]:
    index = model.index
    texts = [Text(one.title, one.body) for one in whole]
    found: dict[str, dict[str, Figure]] = {}
    for name in (LATEST, *(PEERS if whole else ())):
        lists = _latest_lists(index, rows) if name == LATEST else _peer_lists(index, PEERS[name], texts, rows)
        figures = list_figures(index, lists)
        found[name] = {
            **{figure: figures[figure] for figure in OF_PEERS if figure in figures},
            "duplicates_5": _duplicates(model, lists, whole),
        }
        advance(1)
    return found


def _latest_lists(index: ArticleIndex, rows: Sequence[int]) -> list[Lists]:
    """The latest of the same section; of all, for an article without one."""
    asked = []
    for source in rows:
        query = Query(as_of=moment_of(index, source), section=index.section_name(source))
        related: list[int] = []
        for block in latest(index, query):
            related += [row for row in block.tolist() if row != source]
            if len(related) >= DEPTH:
                break
        asked.append(Lists(source, related[:DEPTH]))
    return asked


def _peer_lists(index: ArticleIndex, system: System, texts: Sequence[Text], rows: Sequence[int]) -> list[Lists]:
    scores = system(texts, texts)
    everything = np.arange(len(index), dtype=np.int32)
    asked = []
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        for source, row in zip(block, scores(np.array(block)), strict=True):
            row[~index.visible(everything, moment_of(index, source))] = 0
            row[source] = 0
            asked.append(Lists(source, best(row)))
    return asked


def _tasks(model: Model, documents: Sequence[Document], advance: Callable[[int], None]) -> dict[str, TaskFigures]:
    fresh = Fresh.of(model.recommender.rules)
    ours = systems.version(model.analyzer, model.tfidf)
    found = {}
    for name, task in all_tasks(documents, ASKED, np.random.default_rng(SEED)).items():
        values = {OURS: ask(ours, task, fresh, advance)}
        values |= {peer: ask(system, task, advance=advance) for peer, system in PEERS.items()}
        found[name] = TaskFigures(len(task.documents), {system: estimate(one) for system, one in values.items()})
    return found
