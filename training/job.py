"""The training job: sources in, a model version out, published or not at all."""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from models.analysis import Analyzer, Furniture
from models.analysis.boilerplate import learned
from models.article import Article, format_time, to_microseconds
from models.artifact import (
    ARRAYS,
    ARTICLES,
    BOILERPLATE,
    INDEX_ARRAYS,
    UPDATE_ARRAYS,
    VOCABULARY,
    BoilerplateReport,
    Forced,
    Lineage,
    Manifest,
    ModelConfig,
    TakenOff,
    Update,
    list_files,
    save_arrays,
    write_json,
    write_manifest,
)
from models.cards import CardFile
from models.errors import SourceError, TrainingRefused
from models.index import ArticleIndex
from models.recommenders import Recommender
from models.registry import Registry
from models.tfidf import TfidfModel
from training.blocks import SIZE, Block, Recipe
from training.config import GateRules, UpdateRules
from training.engine import Engine, Workers
from training.evaluation.protocol import Subject, evaluate, flat, sample
from training.fit import Counts, block_spans, covered, fit, make_blocks, weigh
from training.furniture import BlockLines, Repeats, lines_of
from training.gate import Verdict, judge
from training.intake import Intake
from training.neighbours import Headlines, nearest, time_windows
from training.places import Place, give, make, remove, take
from training.progress import Reporter
from training.records import Deletion, ReadCounts, read_articles
from training.room import on_disk
from training.sources import SourceRecord, open_source
from training.sources.journal import JournalSource
from training.sources.options import SourceOptions
from training.spread import Spread, mapped_by
from training.stories import find_stories

REJECTS = "rejects.jsonl"
BLOCKS = ".blocks"  # in the folder of the artifacts: what the next training can use of one that was broken off
SHARED = "silah-blocks"  # the same in the place that is given for blocks, where other things may stand
SHINGLES = "shingles"
STAGES = ("read", "analyse", "weight", "neighbours", "stories", "evaluate", "publish")


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What to train on, or to update with, and how.

    Attributes:
        as_of: articles published later are left out.
        publish: whether the new version goes into service.
        jobs: processes and threads; -1 is one a core.
        gate: what the version must hold to go into service.
        force: the note with which it goes into service even if the gate refuses it.
        engine: who does the tasks.
        blocks: where tasks find and leave files; without it that is the folder of the artifacts.
        due: drift from which an update says that a full training is due.
        state: address of the database whose journal is read after the sources.
        options: what is said of all sources.
    """

    sources: Sequence[str]
    config: ModelConfig
    as_of: datetime | None = None
    publish: bool = True
    jobs: int = -1
    gate: GateRules = field(default_factory=GateRules)
    force: str | None = None
    engine: Engine = field(default_factory=Engine)
    blocks: Place | None = None
    due: UpdateRules = field(default_factory=UpdateRules)
    state: str | None = None
    options: SourceOptions = field(default_factory=SourceOptions)

    @property
    def moment(self) -> int | None:
        """``as_of`` in microseconds since 1970."""
        return None if self.as_of is None else to_microseconds(self.as_of)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What of a version stays as it is while articles come and go; see :mod:`training.update`."""

    tfidf: TfidfModel
    furniture: Sequence[Furniture]
    mean_length: float


@dataclass(frozen=True, slots=True)
class _Workshop:
    """Where a training works.

    Attributes:
        folder: of this machine alone.
        shared: what its workers see, too.
    """

    workers: Workers
    folder: Path
    shared: Place


@dataclass(slots=True)
class TrainingSummary:
    """What a training, or an update, did; the members of ``silah train --json``.

    ``resumed`` counts the articles whose analysis an interrupted training had left.
    ``gate`` is the verdict on the version, whether or not it was to be published; ``forced`` the note
    with which it went into service in spite of it. ``deleted`` counts articles taken away by later records;
    ``update`` and ``unchanged``, records that say nothing new, are of updates alone. ``journal_seq`` is the last
    entry of the journal that the version holds with all before it: with an ``as_of`` it holds some of them only.
    """

    version: str = ""
    articles: int = 0
    rejected: int = 0
    vocabulary: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory_bytes: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    published: bool = False
    stories: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    rejects_file: str | None = None
    replaced: int = 0
    deleted: int = 0
    unchanged: int = 0
    later_than_as_of: int = 0
    resumed: int = 0
    unknown_keys: dict[str, int] = field(default_factory=dict)
    gate: Verdict = field(default_factory=Verdict)
    forced: str | None = None
    boilerplate: BoilerplateReport = field(default_factory=lambda: BoilerplateReport({}, []))
    update: Update | None = None
    full_training_due: bool = False
    journal_seq: int = 0

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time spent inside to a stage."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def train(
    plan: TrainingPlan,
    registry: Registry,
    now: Callable[[], datetime],
    reporter: Reporter,
    frozen: Frozen | None = None,
) -> TrainingSummary:
    """Run a training from sources to a published version.

    Whatever happens on the way, the version in service stays until the new one is complete. A version
    that the gate refuses is complete, too, and can be activated by hand. With ``frozen``, vocabulary, idf,
    mean length and furniture are not learned but taken from there: an update gives the same lists.

    Raises:
        SourceError: a source cannot be read or holds no record.
        StateError: the journal cannot be read.
        TrainingRefused: no record of the sources is an article, or a training is running here.
    """
    # all must exist before anything starts
    streams = [open_source(location, plan.options) for location in plan.sources]
    journal = None if plan.state is None else JournalSource.open(plan.state)
    summary = TrainingSummary()
    with registry.training(), registry.staging() as staged, _workshop(plan, registry) as work:
        with summary.timed("read"):
            if journal is not None:
                streams.append(journal.records(as_of=plan.moment))
                summary.journal_seq = journal.last if plan.moment is None else 0
            intake = _read(plan, chain.from_iterable(streams), registry.root / REJECTS, staged, summary, reporter)
        with summary.timed("analyse"), work.workers.asked():
            analyzer, counts = _analyse(plan, intake, staged, work, summary, reporter, frozen)
        index, tfidf, mean_length = _build(plan, intake, counts, staged, work, summary, reporter, frozen)
        with summary.timed("evaluate"):
            advance = reporter.stage("evaluating", len(sample(len(index))))
            subject = Subject(Recommender(index, plan.config.lists), (analyzer, tfidf))
            figures = evaluate(subject, advance)
            summary.metrics = flat(figures)
            summary.gate = judge(plan.gate, subject, figures, registry)
        with summary.timed("publish"):
            lineage = Lineage("", summary.articles, mean_length)
            publish(plan, registry, staged, analyzer.fingerprint(), now(), summary, lineage)
    return finished(summary)


def finished(summary: TrainingSummary) -> TrainingSummary:
    """The summary with what is known at the end."""
    summary.seconds = {stage: round(summary.seconds.get(stage, 0.0), 3) for stage in STAGES}
    summary.peak_memory_bytes = _peak_memory()
    return summary


@contextmanager
def _workshop(plan: TrainingPlan, registry: Registry) -> Iterator[_Workshop]:
    """Folders for finished blocks; they stay only when the training is broken off, until the next one ends."""
    folder = registry.root.absolute() / BLOCKS
    shared = folder if plan.blocks is None else plan.blocks / SHARED
    with plan.engine.started(plan.jobs) as workers:
        folder.mkdir(exist_ok=True)
        for draft in folder.glob(".*"):
            draft.unlink()  # begun and not finished
        make(shared)
        yield _Workshop(workers, folder, shared)
    shutil.rmtree(folder)
    if plan.blocks is not None:
        remove(shared)


def _build(
    plan: TrainingPlan,
    intake: Intake,
    counts: Counts,
    staged: Path,
    work: _Workshop,
    summary: TrainingSummary,
    reporter: Reporter,
    frozen: Frozen | None,
) -> tuple[ArticleIndex, TfidfModel, float]:
    """Everything between counts and an index; its files are in the staged folder afterwards."""
    config = plan.config
    positions = intake.positions()
    arrays = intake.arrays(positions, config.lists.own_source)
    with summary.timed("weight"):
        advance = reporter.stage("weighing", len(positions))
        room = on_disk(staged, {**ARRAYS, **UPDATE_ARRAYS}, work.folder)
        if frozen is None:
            tfidf, vectors, matrix = fit(counts, positions, config.weighting, advance, room)
            mean_length = tfidf.mean_length(matrix)
        else:
            tfidf, mean_length = frozen.tfidf, frozen.mean_length
            matrix = counts.over(tfidf.vocabulary, positions, room)
            vectors = weigh(tfidf, matrix, advance, room)
        coverage = covered(tfidf, matrix, mean_length, room)
        headlines = Headlines.among(tfidf, matrix, coverage)
        del matrix  # as much as the vectors
    with summary.timed("neighbours"):
        advance = reporter.stage("neighbours", len(positions))
        windows = time_windows(arrays["published"], config.neighbour_days)
        spread = Spread(work.workers, work.folder, work.shared) if work.workers.hold(mapped_by(vectors)) else None
        found = nearest(vectors, config.neighbours, plan.jobs, advance, headlines, windows, spread=spread, room=room)
        rows, scores = found
        del headlines
    with summary.timed("stories"):
        marks = counts.shingles(positions, work.folder / SHINGLES)
        advance = reporter.stage("stories", len(positions))
        stories = find_stories(rows, scores, marks, arrays["published"], config.stories, advance)
    summary.vocabulary = len(tfidf.vocabulary)
    summary.stories = len(np.unique(stories.story))
    arrays |= {
        "indptr": vectors.indptr,
        "terms": vectors.indices,
        "weights": vectors.data,
        "neighbour_rows": rows,
        "neighbour_scores": scores,
        "story": stories.story,
        "alike_indptr": stories.alike_indptr,
        "alike_rows": stories.alike_rows,
        "idf": tfidf.idf,
        "burst": tfidf.burst,
        "coverage_indptr": coverage.indptr,
        "coverage_terms": coverage.indices,
        "coverage_weights": coverage.data,
        "shingle_indptr": marks[0],
        "shingles": marks[1],
        "phrases": stories.phrases,
        "copies": stories.copies,
        "likeness": stories.likeness,
    }
    with summary.timed("publish"):
        save_arrays(staged, {name: array for name, array in arrays.items() if not (staged / f"{name}.npy").exists()})
        write_json(staged / VOCABULARY, list(tfidf.vocabulary))
        write_json(staged / "sections.json", intake.section_names())
    index = ArticleIndex(
        **{name: arrays[name] for name in INDEX_ARRAYS},
        section_names=intake.section_names(),
        cards=CardFile.open(staged / ARTICLES, arrays["spans"]),
    )
    return index, tfidf, mean_length


def _read(
    plan: TrainingPlan,
    records: Iterator[SourceRecord],
    rejects_file: Path,
    staged: Path,
    summary: TrainingSummary,
    reporter: Reporter,
) -> Intake:
    """One pass over the records: what is an article goes to the staged folder."""
    intake = Intake()
    seen = read_into(plan, intake, records, rejects_file, staged, summary, reporter)
    summary.articles = len(intake)
    if not len(intake):
        raise TrainingRefused(f"none of the {seen.records} records is an article to train on: see {rejects_file}")
    return intake


def read_into(
    plan: TrainingPlan,
    intake: Intake,
    records: Iterator[SourceRecord],
    rejects_file: Path,
    folder: Path,
    summary: TrainingSummary,
    reporter: Reporter,
    sift: Callable[[Iterator[Article | Deletion]], Iterator[Article | Deletion]] = lambda read: read,
) -> ReadCounts:
    """Read the records into the intake, what ``sift`` lets pass, and count.

    Raises:
        SourceError: when there are sources, but no record.
    """
    seen = ReadCounts()
    advance = reporter.stage("reading", None)
    with rejects_file.open("w", encoding="utf-8") as rejects:
        taken = 0
        for taken, _ in enumerate(intake.take(sift(read_articles(records, seen, rejects)), folder, plan.moment), 1):
            if taken % SIZE == 0:
                advance(SIZE)
        advance(taken % SIZE)
    summary.replaced = intake.replaced
    summary.deleted = intake.taken_away
    summary.later_than_as_of = intake.later_than_as_of
    summary.rejected = seen.rejected.total()
    summary.reasons = dict(seen.rejected.most_common())
    summary.unknown_keys = dict(seen.unknown_keys.most_common())
    summary.rejects_file = str(rejects_file) if summary.rejected else None
    if plan.sources and not seen.records:
        raise SourceError(f"no record in {', '.join(plan.sources)}")
    return seen


def _analyse(
    plan: TrainingPlan,
    intake: Intake,
    staged: Path,
    work: _Workshop,
    summary: TrainingSummary,
    reporter: Reporter,
    frozen: Frozen | None,
) -> tuple[Analyzer, Counts]:
    """Count the staged articles, learn what their pages repeat, and count again those that hold any of it."""
    if frozen is not None:
        analyzer = Analyzer(plan.config.analyzer, learned(frozen.furniture))
        counts = count_once(plan, analyzer, intake, staged, work.folder, plan.jobs, summary, reporter)
        summary.boilerplate = replace(summary.boilerplate, learned=list(frozen.furniture))
        write_json(staged / BOILERPLATE, asdict(summary.boilerplate))
        return analyzer, counts
    path, spans, config = (staged / ARTICLES).absolute(), intake.spans, plan.config.analyzer
    recipe, patterns = Recipe(config, plan.config.weighting), Analyzer(config)
    cards = CardFile.open(path, spans)
    seen = path if plan.blocks is None else give(path, work.shared)

    def read(position: int) -> tuple[Article, set[tuple[str, str]]]:
        article = cards.article(position)
        return article, lines_of(patterns, article)

    advance = reporter.stage("analysing", len(spans))
    whole = block_spans(spans)
    files, repeats = [], Repeats()
    for made, articles, there in make_blocks(recipe, work.shared, seen, [(span, None) for span in whole], plan.jobs):
        file = take(made, work.folder)
        block = Block.load(file)
        repeats.add(BlockLines(block.keys, block.articles, block.about))
        files.append((partial(Block.load, file), articles))
        summary.resumed += articles if there else 0
        advance(articles)
    furniture = repeats.chosen(config, read)
    known = learned(furniture)
    touched = [load().touched_by(known) for load, _ in files]
    counts, first = Counts(), 0
    for (load, articles), places in zip(files, touched, strict=True):
        untouched = np.setdiff1d(np.arange(articles), places)
        counts.add(load, untouched, first + untouched)
        first += articles
    advance = reporter.stage("cleaning", sum(map(len, touched)))
    again = [(number, places) for number, places in enumerate(touched) if len(places)]
    wanted = [(whole[number], places) for number, places in again]
    remade = make_blocks(replace(recipe, learned=known), work.shared, seen, wanted, plan.jobs)
    for (number, places), (made, articles, _) in zip(again, remade, strict=True):
        load = partial(Block.load, take(made, work.folder))
        counts.add(load, np.arange(articles), number * SIZE + places)
        advance(articles)
    summary.boilerplate = BoilerplateReport(_taken_off(counts), furniture)
    write_json(staged / BOILERPLATE, asdict(summary.boilerplate))
    if len(whole) > 1:
        work.workers.dismiss()
    return Analyzer(config, known), counts


def count_once(
    plan: TrainingPlan,
    analyzer: Analyzer,
    intake: Intake,
    folder: Path,
    work: Path,
    jobs: int,
    summary: TrainingSummary,
    reporter: Reporter,
) -> Counts:
    """Count the articles staged in a folder, whose furniture the analyzer knows already."""
    recipe = Recipe(analyzer.config, plan.config.weighting, analyzer.learned)
    advance = reporter.stage("analysing", len(intake.spans))
    wanted = [(span, None) for span in block_spans(intake.spans)]
    counts, first = Counts(), 0
    for file, articles, _ in make_blocks(recipe, work, folder / ARTICLES, wanted, jobs):
        counts.add(partial(Block.load, take(file, work)), np.arange(articles), first + np.arange(articles))
        first += articles
        advance(articles)
    summary.boilerplate = BoilerplateReport(_taken_off(counts), [])
    return counts


def _taken_off(counts: Counts) -> dict[str, TakenOff]:
    removed = sorted(counts.removed.items(), key=lambda entry: (-entry[1][1], entry[0]))
    return {kind: TakenOff(*both) for kind, both in removed}


def publish(
    plan: TrainingPlan,
    registry: Registry,
    staged: Path,
    fingerprint: str,
    moment: datetime,
    summary: TrainingSummary,
    lineage: Lineage,
) -> None:
    """Digest, seal and name the staged folder; put it in service when the plan says so and the gate agrees.

    A lineage without a version begins with this one.
    """
    verdict = summary.gate
    forced = plan.publish and plan.force is not None and not verdict.passed and not verdict.broken
    files = list_files(staged)
    digest = hashlib.sha256("".join(entry.sha256 for entry in files.values()).encode()).hexdigest()
    current = registry.current()
    summary.version = f"{moment:%Y%m%dT%H%M%S%f}"[:-3] + f"Z-{digest[:6]}"
    manifest = Manifest(
        version=summary.version,
        created_at=format_time(moment),
        parents=() if current is None else (current,),
        config=plan.config,
        fingerprint=fingerprint,
        counts={
            "articles": summary.articles,
            "rejected": summary.rejected,
            "vocabulary": summary.vocabulary,
            "stories": summary.stories,
        },
        metrics=summary.metrics,
        files=files,
        refused=verdict.failed,
        forced=Forced(plan.force, verdict.failed) if forced and plan.force is not None else None,
        lineage=replace(lineage, version=lineage.version or summary.version),
        update=summary.update,
        journal_seq=summary.journal_seq,
    )
    write_manifest(staged, manifest)
    registry.complete(staged, summary.version)
    if plan.publish and (verdict.passed or forced):
        summary.forced = plan.force if forced else None
        registry.activate(summary.version, moment, "publish")
        summary.published = True


def _peak_memory() -> int:
    """Highest resident memory of this process plus that of the largest of its workers, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage) * unit
