"""Update: the next version from the one in service, and what is new, changed and deleted.

Vocabulary, idf, burstiness, mean length and learned furniture stay those of the last full training. So the
vectors of old articles stay as they are; only what came is analysed and weighed, and looks for its neighbours
(:mod:`training.joining`) and stories (:mod:`training.retelling`). What comes out are the lists of a full
training with the same vocabulary (:class:`training.job.Frozen`). How long that is good is the matter of
:mod:`training.drift`. The new version is whole: it needs no other one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from models.article import Article
from models.artifact import (
    ARTICLES,
    BOILERPLATE,
    CONFIG,
    INDEX_ARRAYS,
    VOCABULARY,
    Changes,
    Lineage,
    Model,
    ModelConfig,
    Update,
    load_update_arrays,
    read_boilerplate,
    save_arrays,
    write_json,
)
from models.cards import CardFile
from models.errors import TrainingRefused
from models.index import NO_SECTION, ArticleIndex
from models.recommenders import Recommender
from models.registry import Registry
from models.tfidf import CountMatrix, Float32Array, Int32Array, Int64Array
from training import drift
from training.evaluation.protocol import ask_both, promise_figures, sample
from training.gate import promised
from training.intake import Intake, line_of
from training.job import (
    REJECTS,
    Frozen,
    TrainingPlan,
    TrainingSummary,
    count_once,
    finished,
    publish,
    read_into,
)
from training.joining import Archive, close_ranks, join
from training.neighbours import time_windows
from training.progress import Reporter
from training.records import Deletion
from training.retelling import Told, retell
from training.sources import open_source
from training.sources.journal import JournalSource
from training.splice import Splice, places_among
from training.stories import Stories

IN_PROCESS = 2_000  # articles that are analysed sooner than other processes have started
CHECKED = 25  # new articles whose lists are looked at, and as many of all
SCRATCH = ".update"  # in the folder of the artifacts, while an update runs
KEPT = (VOCABULARY, BOILERPLATE, "idf.npy", "burst.npy")


@dataclass(frozen=True, slots=True)
class Base:
    """The version that is updated."""

    folder: Path
    model: Model
    lineage: Lineage
    arrays: Mapping[str, Any]

    @classmethod
    def of(cls, registry: Registry, config: ModelConfig) -> Base:
        """The version in service.

        Raises:
            NothingPublished: there is none.
            TrainingRefused: it was made with other settings, or by a release that did not keep what updates need.
            FileRefused, FormatUnsupported, AnalyzerMismatch: it cannot be used.
        """
        model = registry.load_current()
        version, lineage = model.manifest.version, model.manifest.lineage
        if lineage is None:
            raise TrainingRefused(
                f"{version} was made by a release that could not update: train anew, without --update"
            )
        if other := _differing(model.manifest.config, config):
            raise TrainingRefused(
                f"{version} was made with other settings ({'; '.join(other)}): train anew, without --update, or take "
                "the settings back"
            )
        folder = registry.folder(version)
        return cls(folder, model, lineage, load_update_arrays(folder, model.manifest))

    @property
    def frozen(self) -> Frozen:
        """What stays as it is."""
        report = read_boilerplate(self.folder, self.model.manifest.version)
        return Frozen(self.model.tfidf, report.learned, self.lineage.mean_length)

    def matrix(self, indptr: str, columns: str, values: str) -> sparse.csr_array[Any]:
        """Three of the arrays as a matrix."""
        arrays = {**vars(self.model.index), **self.arrays}
        terms = len(self.model.tfidf.idf)
        width = 2 * terms if columns == "terms" else terms
        shape = (len(self.model.index), width)
        return sparse.csr_array((arrays[values], arrays[columns], arrays[indptr]), shape=shape)


@dataclass(frozen=True, slots=True)
class News:
    """What came, in order of rows, and where it belongs.

    Attributes:
        arrays: those of :meth:`Intake.arrays`; ``hashes`` uint64 of the ids.
        splice: where the rows of the base and these go.
        gone: bool, the rows of the base that are gone: deleted, or told anew.
        changes: how many of each.
    """

    intake: Intake
    cards: CardFile
    positions: Int64Array
    arrays: Mapping[str, np.ndarray]
    splice: Splice
    gone: np.ndarray
    changes: Changes

    @classmethod
    def of(cls, intake: Intake, folder: Path, index: ArticleIndex, own_source: str | None) -> News:
        """Find the places of what was read."""
        positions = intake.positions()
        arrays = intake.arrays(positions, own_source)
        cards = CardFile.open(folder / ARTICLES, arrays["spans"])
        ids = [cards.card(row).id for row in range(len(positions))]
        told_anew = [row for row in map(index.find, ids) if row is not None]
        deleted = [row for row in map(index.find, sorted(intake.deleted)) if row is not None]
        gone = np.zeros(len(index), dtype=np.bool_)
        gone[told_anew + deleted] = True
        splice = Splice.of(gone, places_among(index, arrays["published"], ids))
        changes = Changes(len(ids) - len(told_anew), len(told_anew), len(deleted))
        return cls(intake, cards, positions, arrays, splice, gone, changes)


def update(plan: TrainingPlan, registry: Registry, now: Callable[[], datetime], reporter: Reporter) -> TrainingSummary:
    """Run an update from sources to a published version.

    Records of ids that are new are added; those of ids that are known take the place of the article, unless they
    say the same; ``{"id": …, "deleted": true}`` takes it away. When nothing is new, no version is made.

    Raises:
        SourceError: a source cannot be read or holds no record.
        StateError: the journal cannot be read.
        TrainingRefused: the version in service cannot be updated, nothing would be left, or a training is running.
        ModelError: no version is in service, or it cannot be used.
    """
    streams = [open_source(location, plan.options) for location in plan.sources]
    journal = None if plan.state is None else JournalSource.open(plan.state)
    summary, intake = TrainingSummary(), Intake()
    with registry.training(), registry.staging() as staged, _scratch(registry.root / SCRATCH) as work:
        with summary.timed("read"):
            base = Base.of(registry, plan.config)
            index, version = base.model.index, base.model.manifest.version
            summary.journal_seq = base.model.manifest.journal_seq
            if journal is not None:
                begun_anew = journal.last < summary.journal_seq
                streams.append(journal.records(0 if begun_anew else summary.journal_seq, plan.moment))
                summary.journal_seq = journal.last if plan.moment is None else summary.journal_seq
            records = chain.from_iterable(streams)

            def sift(read: Iterator[Article | Deletion]) -> Iterator[Article | Deletion]:
                return _news(read, index, intake, summary)

            read_into(plan, intake, records, registry.root / REJECTS, work, summary, reporter, sift)
            news = News.of(intake, work, index, plan.config.lists.own_source)
        summary.deleted, summary.vocabulary = news.changes.deleted, len(base.model.tfidf.idf)
        summary.metrics = dict(base.model.manifest.metrics)
        if news.changes == Changes():
            summary.version, summary.published = version, True
            summary.articles, summary.stories = len(index), base.model.manifest.counts["stories"]
            summary.update = Update(version, news.changes, _drift_so_far(base))
            return finished(summary)
        if not len(news.splice):
            raise TrainingRefused("the update would leave no article")
        summary.articles = len(news.splice)
        with summary.timed("analyse"):
            jobs = 1 if len(intake.spans) <= IN_PROCESS else plan.jobs
            counts = count_once(plan, base.model.analyzer, intake, work, work, jobs, summary, reporter)
        with summary.timed("weight"):
            counted = counts.over(base.model.tfidf.vocabulary, news.positions)
            marks = counts.shingles(news.positions, work / "shingles")
            terms = counts.terms(news.positions)
        lineage = replace(
            base.lineage,
            since=base.lineage.since + news.changes,
            terms=base.lineage.terms + terms,
            unknown_terms=base.lineage.unknown_terms + terms - int(counted.whole.nnz),
        )
        updated = _build(plan, base, news, counted, marks, staged, summary, reporter)
        with summary.timed("evaluate"):
            _check(Recommender(updated, plan.config.lists), news, version, summary, reporter)
        with summary.timed("publish"):
            figures = drift.drift(lineage, base.model.tfidf.idf, _mapped(staged, "coverage_terms"), len(updated))
            summary.update = Update(version, news.changes, figures, drift.due(figures, plan.due))
            summary.full_training_due = bool(summary.update.due)
            publish(plan, registry, staged, base.model.manifest.fingerprint, now(), summary, lineage)
    return finished(summary)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder for what was read and counted; what a killed update left of it goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _differing(was: ModelConfig, asked: ModelConfig) -> list[str]:
    """What differs between two settings of a model, by the names of the settings file."""
    before, after = (dict(_leaves(CONFIG.dump_python(config, mode="json"))) for config in (was, asked))
    return [f"{name} was {before[name]}, is {after[name]}" for name in before if before[name] != after[name]]


def _leaves(tree: Mapping[str, Any], path: str = "model") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.{name}")
        else:
            yield f"{path}.{name}", value


def _news(
    read: Iterator[Article | Deletion], index: ArticleIndex, intake: Intake, summary: TrainingSummary
) -> Iterator[Article | Deletion]:
    """What says something else than the index; what says the same takes back what was read of its id before."""
    data, spans = index.cards.data, index.cards.spans
    for one in read:
        row = index.find(one.id)
        if isinstance(one, Article) and row is not None and data[spans[row, 0] : spans[row, 1]] == line_of(one):
            intake.forget(one.id)
            summary.unchanged += 1
        else:
            yield one


def _drift_so_far(base: Base) -> dict[str, float]:
    return drift.drift(base.lineage, base.model.tfidf.idf, base.arrays["coverage_terms"], len(base.model.index))


def _build(
    plan: TrainingPlan,
    base: Base,
    news: News,
    counted: CountMatrix,
    marks: tuple[Int64Array, Any],
    staged: Path,
    summary: TrainingSummary,
    reporter: Reporter,
) -> ArticleIndex:
    """Write everything but the manifest into the staged folder, and open it."""
    tfidf, splice = base.model.tfidf, news.splice
    with summary.timed("weight"):
        for file in KEPT:
            shutil.copyfile(base.folder / file, staged / file)
        arrays = _arrays(base, news, staged)
        vectors, coverage = tfidf.vectors(counted), tfidf.saturations(counted, base.lineage.mean_length)
        old_vectors = base.matrix("indptr", "terms", "weights")
        old_coverage = base.matrix("coverage_indptr", "coverage_terms", "coverage_weights")
        _save_spliced(staged, splice, ("indptr", "terms", "weights"), old_vectors, vectors)
        _save_spliced(staged, splice, ("coverage_indptr", "coverage_terms", "coverage_weights"), old_coverage, coverage)
        archive = Archive(
            _matrix(staged, "indptr", "terms", "weights", old_vectors.shape[1]),
            _matrix(staged, "coverage_indptr", "coverage_terms", "coverage_weights", old_coverage.shape[1]),
            tfidf,
            time_windows(arrays["published"], plan.config.neighbour_days),
        )
    with summary.timed("neighbours"):
        before = Archive(old_vectors, old_coverage, tfidf, archive.windows[:0])
        rows, scores, bounds = _old_neighbours(base, news, before)
        advance = reporter.stage("neighbours", None)
        asked = join(archive, rows, scores, splice.new, bounds, plan.jobs, advance)
    with summary.timed("stories"):
        advance = reporter.stage("stories", len(rows))
        stories = _stories(plan, base, news, rows, scores, marks, arrays["published"], asked, staged)
        advance(len(rows))
    summary.stories = len(np.unique(stories.story))
    arrays |= {
        "neighbour_rows": rows,
        "neighbour_scores": scores,
        "story": stories.story,
        "alike_indptr": stories.alike_indptr,
        "alike_rows": stories.alike_rows,
        "phrases": stories.phrases,
        "copies": stories.copies,
        "likeness": stories.likeness,
    }
    with summary.timed("publish"):
        save_arrays(staged, arrays)
    names: list[str] = sorted(arrays.keys() | {"indptr", "terms", "weights"})
    mapped = {name: _mapped(staged, name) for name in names}
    return ArticleIndex(
        **{name: mapped[name] for name in INDEX_ARRAYS},
        section_names=_section_names(base, news),
        cards=CardFile.open(staged / ARTICLES, mapped["spans"]),
    )


def _arrays(base: Base, news: News, staged: Path) -> dict[str, np.ndarray]:
    """The arrays of the index that need no text, and the articles themselves."""
    index, splice = base.model.index, news.splice
    hashes = np.empty(len(index), dtype=np.uint64)
    hashes[index.id_rows] = index.id_hashes
    news_hashes = np.empty(len(news.positions), dtype=np.uint64)
    news_hashes[news.arrays["id_rows"]] = news.arrays["id_hashes"]
    hashes = splice.array(hashes, news_hashes)
    by_hash = np.argsort(hashes, kind="stable")
    names = _section_names(base, news)
    write_json(staged / "sections.json", names)
    sections = [
        _numbers(names, known)[section]
        for known, section in (
            (list(index.section_names), index.section),
            (news.intake.section_names(), news.arrays["section"]),
        )
    ]
    return {
        "spans": _write_articles(staged / ARTICLES, index, news),
        "published": splice.array(index.published, news.arrays["published"]),
        "expires": splice.array(index.expires, news.arrays["expires"]),
        "section": splice.array(*sections),
        "own": splice.array(index.own, news.arrays["own"]),
        "id_hashes": hashes[by_hash],
        "id_rows": by_hash.astype(np.int32),
    }


def _section_names(base: Base, news: News) -> list[str]:
    """Sections of the articles that there are, sorted."""
    index = base.model.index
    numbers = np.unique(index.section[~news.gone])
    names = {index.section_names[number] for number in numbers[numbers != NO_SECTION].tolist()}
    return sorted(names.union(news.intake.section_names()))


def _numbers(names: list[str], known: list[str]) -> Int32Array:
    """The number among ``names`` of each known one, and of no section at the end."""
    place = {name: number for number, name in enumerate(names)}
    return np.array([*(place.get(name, NO_SECTION) for name in known), NO_SECTION], dtype=np.int32)


def _write_articles(path: Path, index: ArticleIndex, news: News) -> np.ndarray:
    """Write the records of the articles that there are, the old ones first; where each row's stands."""
    with path.open("wb") as file:
        spans = [
            _write_records(file, cards, kept)
            for cards, kept in ((index.cards, ~news.gone), (news.cards, np.ones(len(news.positions), dtype=np.bool_)))
        ]
    return news.splice.array(*spans)


def _write_records(file: Any, cards: CardFile, kept: np.ndarray) -> np.ndarray:
    """Write the kept records in the order of their file; where they stand now, -1 the others."""
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(cards.spans[rows, 0], kind="stable")]
    spans = np.asarray(cards.spans)[rows]
    first = file.tell()
    begins = np.flatnonzero(np.append(True, spans[1:, 0] != spans[:-1, 1])[: len(spans)])
    view = memoryview(cards.data)
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(spans)], strict=len(begins) > 0):
        file.write(view[spans[begin, 0] : spans[end - 1, 1]])
    ends = first + np.cumsum(spans[:, 1] - spans[:, 0])
    found = np.full((len(kept), 2), -1, dtype=np.int64)
    found[rows] = np.stack([ends - (spans[:, 1] - spans[:, 0]), ends], axis=1)
    return found


def _save_spliced(
    staged: Path, splice: Splice, names: tuple[str, str, str], old: sparse.csr_array[Any], new: sparse.csr_array[Any]
) -> None:
    """Write the rows of two matrices as one, an array at a time."""
    for name, mine, theirs in ((names[1], old.indices, new.indices), (names[2], old.data, new.data)):
        indptr, values = splice.ragged(old.indptr, mine, new.indptr, theirs)
        save_arrays(staged, {name: values, names[0]: indptr})


def _mapped(staged: Path, name: str) -> Any:
    return np.load(staged / f"{name}.npy", mmap_mode="r").view(np.ndarray)


def _matrix(staged: Path, indptr: str, columns: str, values: str, width: int) -> sparse.csr_array[Any]:
    begins = _mapped(staged, indptr)
    return sparse.csr_array((_mapped(staged, values), _mapped(staged, columns), begins), shape=(len(begins) - 1, width))


def _old_neighbours(base: Base, news: News, before: Archive) -> tuple[Int32Array, Float32Array, Float32Array]:
    """The neighbours that are left, as :func:`training.joining.join` wants them."""
    index, splice = base.model.index, news.splice
    rows, scores = np.array(index.neighbour_rows), np.array(index.neighbour_scores)
    short = np.flatnonzero(before.headlines & ~news.gone)
    if len(short):
        scores[short] = before.coverages(short, rows[short])
    bounds = close_ranks(rows, scores, splice.old)
    count, wanted = len(news.positions), rows.shape[1]
    return (
        splice.array(rows, np.full((count, wanted), -1, dtype=np.int32)),
        splice.array(scores, np.zeros((count, wanted), dtype=np.float32)),
        splice.array(bounds, np.full(count, -1, dtype=np.float32)),
    )


def _stories(
    plan: TrainingPlan,
    base: Base,
    news: News,
    rows: Int32Array,
    scores: Float32Array,
    marks: tuple[Int64Array, Any],
    published: Int64Array,
    asked: Int64Array,
    staged: Path,
) -> Stories:
    """The stories, and the shingles written down for the next update."""
    index, old, splice = base.model.index, base.arrays, news.splice
    indptr, shingles = splice.ragged(old["shingle_indptr"], old["shingles"], *marks)
    save_arrays(staged, {"shingle_indptr": indptr, "shingles": shingles})
    alike = np.stack([np.repeat(np.arange(len(index)), np.diff(index.alike_indptr)), index.alike_rows], axis=1)
    alike = splice.old[alike[alike[:, 0] < alike[:, 1]]]
    copies = splice.old[old["copies"]]
    there = (copies >= 0).all(axis=1)
    before = Told(alike[(alike >= 0).all(axis=1)], copies[there], old["likeness"][there], old["phrases"])
    gone = old["shingles"][np.repeat(news.gone, np.diff(old["shingle_indptr"]))]
    is_new, is_asked = (np.zeros(len(rows), dtype=np.bool_) for _ in range(2))
    is_new[splice.new] = True
    is_asked[asked] = True
    return retell(before, rows, scores, (indptr, shingles), published, is_new, is_asked, gone, plan.config.stories)


def _check(recommender: Recommender, news: News, base: str, summary: TrainingSummary, reporter: Reporter) -> None:
    """Look at lists of new articles and of all: none may break a promise. The other figures stay the base's."""
    new = news.splice.new[sample(len(news.splice.new), CHECKED)].tolist()
    asked = sorted({*new, *sample(len(recommender.index), CHECKED)})
    in_time, late = ask_both(recommender, asked, reporter.stage("evaluating", len(asked)))
    figures = promise_figures(recommender.index, [*in_time, *late])
    summary.metrics |= {name: figure.value for name, figure in figures.items()}
    summary.gate = promised(figures, base)
