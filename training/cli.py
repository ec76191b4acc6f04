"""Commands that make and manage models: train, recommend, models."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.errors import (
    ArticleNotFound,
    KeyNotFound,
    ModelError,
    QualityGateFailed,
    QueryError,
    SilahError,
    SourceError,
    StateError,
    TrainingRefused,
)
from training.commands import (
    PIPE_WIDTH,
    AllowPrivate,
    Artifacts,
    Columns,
    Delimiter,
    Encoding,
    FullText,
    Json,
    Locations,
    Patterns,
    SqlQuery,
    SqlTable,
    messages,
    print_json,
    read_settings,
    source_options,
    standard_output,
)
from training.importing.cli import app as import_app

if TYPE_CHECKING:
    from models.artifact import Manifest, Model, Update
    from models.registry import Registry
    from training.evaluation.figures import Figure
    from training.evaluation.report import Report
    from training.job import TrainingSummary

EXIT_CODES: tuple[tuple[type[SilahError], int], ...] = (
    (QueryError, 2),
    (ArticleNotFound, 2),
    (KeyNotFound, 2),
    (QualityGateFailed, 3),
    (SourceError, 4),
    (StateError, 4),
    (TrainingRefused, 5),
    (ModelError, 5),
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown")
models_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="List, check and switch model versions."
)
app.add_typer(models_app, name="models")
app.registered_commands += import_app.registered_commands

SHOWN_FURNITURE = 8


def run(prepared: typer.Typer = app) -> None:
    """Run a command line; a known error becomes one sentence and its exit code."""
    try:
        prepared()
    except SilahError as error:
        messages.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))


@app.command(epilog="Example: `silah train articles.jsonl.gz --artifacts ./artifacts`")
def train(
    sources: Annotated[list[str] | None, Locations] = None,
    artifacts: Artifacts = None,
    state: Annotated[
        str | None,
        typer.Option(help="Database whose journal is read after the sources. [default: state.db in the artifacts]"),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change the version in service by what these sources say, and no more.")
    ] = False,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="Make the version, but do not put it in service.")
    ] = False,
    as_of: Annotated[str | None, typer.Option(help="Leave out articles published after this RFC 3339 time.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes to train with; -1 is one a core. [default: -1]")] = None,
    backend: Annotated[
        str | None, typer.Option(help="Who does the tasks: loky, threading, dask (docs/scale.md). [default: loky]")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of Dask's scheduler, tcp://HOST:8786.")] = None,
    blocks: Annotated[
        str | None,
        typer.Option(help="Folder or fsspec address that all machines see. [default: the artifacts' folder]"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Put it in service even if the quality gate refuses it; needs --note.")
    ] = False,
    note: Annotated[str | None, typer.Option(help="Why; it stands in the manifest.")] = None,
    table: SqlTable = None,
    query: SqlQuery = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    patterns: Patterns = None,
    full_text: FullText = False,
    allow_private: AllowPrivate = False,
    as_json: Json = False,
) -> None:
    """Train a model version on article records and put it in service, unless its lists are worse than those there.

    A version that the quality gate refuses is kept, but not put in service: the exit code is 3. With --update,
    articles that are new or changed are taken up, records with "deleted": true take theirs away, the rest stays.
    """
    from models.article import parse_time
    from models.registry import Registry
    from training.engine import DASK, Engine
    from training.job import TrainingPlan
    from training.job import train as run_training
    from training.places import place
    from training.progress import TRAINING, reporter
    from training.update import update as run_update

    settings = read_settings(
        artifacts=artifacts,
        jobs=jobs,
        backend=backend,
        scheduler=scheduler,
        blocks=blocks,
        state=state,
        sources=source_options(table, query, columns, delimiter, encoding, patterns, full_text, allow_private),
    )
    if not sources and settings.state_url is None:
        raise typer.BadParameter("without a state there must be a source", param_hint="SOURCES")
    if force != bool(note and note.strip()):
        raise typer.BadParameter("--force and --note TEXT go together", param_hint="--force")
    try:
        moment = None if as_of is None else parse_time(as_of)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--as-of") from error
    try:
        if scheduler is not None and settings.backend != DASK:
            raise ValueError(f"only {DASK} has a scheduler: --backend {DASK}")
        engine = Engine(settings.backend, settings.scheduler)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--backend") from error
    try:
        shared = None if settings.blocks is None else place(settings.blocks)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--blocks") from error
    plan = TrainingPlan(
        sources or (),
        settings.model,
        moment,
        not no_publish,
        settings.jobs,
        settings.gate,
        note,
        engine,
        shared,
        settings.update,
        settings.state_url,
        settings.sources,
    )
    with reporter(messages, None if update else TRAINING) as bars:
        summary = (run_update if update else run_training)(plan, Registry(settings.artifacts), _now, bars)
    if as_json:
        print_json(asdict(summary))
    else:
        _print_summary(summary)
    if plan.publish and not summary.published:
        raise QualityGateFailed(_refusal(summary))


@app.command(epilog="Example: `silah evaluate articles.jsonl --pairs judgements.jsonl --json`")
def evaluate(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Articles that tasks and pairs are made of. [default: those of the model]"),
    ] = None,
    version: Annotated[str | None, typer.Option(help="Version to evaluate. [default: the one in service]")] = None,
    against: Annotated[
        str | None, typer.Option(help="Version to compare its lists with. [default: the one it followed]")
    ] = None,
    pairs: Annotated[Path | None, typer.Option(help="JSONL of human judgements: id1, id2, score.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the tables to this HTML file, too.")] = None,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Measure a version: its lists, its ranking beside other systems, its agreement with human judgements."""
    from itertools import chain

    from models.artifact import load
    from training.evaluation.pairs import agreement, read_judgements, vectors_of
    from training.evaluation.report import report as full_report
    from training.evaluation.texts import Document
    from training.progress import reporter
    from training.records import accepted
    from training.sources import open_source

    judgements = None if pairs is None else read_judgements(pairs)
    options = read_settings().sources
    streams = [open_source(location, options) for location in sources or ()]
    registry = _registry(artifacts)
    model = registry.load_current() if version is None else load(registry.folder(version))
    earlier = _earlier(registry, model, against)
    given = list(accepted(chain.from_iterable(streams))) if streams else None
    documents = None if given is None else [Document.of(article, model.analyzer) for article in given]
    with reporter(messages) as bars:
        found = full_report(model, documents, earlier, bars.stage)
    document: dict[str, Any] = found.document()
    if judgements is not None:
        vectors = model.index.vector_of if given is None else vectors_of(model, given).get
        document["pairs"] = asdict(agreement(judgements, vectors))
    if as_json:
        print_json(document)
    if report is not None:
        page = Console(record=True, file=StringIO(), width=PIPE_WIDTH)
        _print_report(page, found, document.get("pairs"))
        page.save_html(str(report))
    if not as_json:
        _print_report(standard_output(), found, document.get("pairs"))


@app.command(epilog="Example: `silah recommend politics-01 --list also-like --limit 3 --explain`")
def recommend(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="Id of an article of the model in service.")],
    list_name: Annotated[str, typer.Option("--list", help="related or also-like.")] = "related",
    limit: Annotated[int | None, typer.Option(help="Articles wanted, 1 to 50.")] = None,
    explain: Annotated[bool, typer.Option(help="Show the words that the articles share.")] = False,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Show a list of the model in service for an article."""
    from models.answers import LISTS, ListName, items
    from models.article import to_microseconds
    from models.candidates import Query
    from models.registry import Registry

    try:
        kind = LISTS[ListName(list_name)]
    except ValueError as error:
        raise typer.BadParameter("it is 'related' or 'also-like'", param_hint="--list") from error
    model = Registry(read_settings(artifacts=artifacts).artifacts).load_current()
    source = model.index.row_of(article_id)
    query = Query(as_of=to_microseconds(_now()), limit=kind.default_limit if limit is None else limit)
    shown = items(model, kind.recommend(model.recommender, source, query), source, explain)
    if as_json:
        places = [{name: value for name, value in asdict(item).items() if value is not None} for item in shown]
        print_json({"list": list_name, "source_id": article_id, "model": model.manifest.version, "items": places})
        return
    table = Table(title=escape(f"{kind.heading} — {model.index.article(source).title}"))
    for heading in ("score", "published", "section", "title", *(("matched",) if explain else ())):
        table.add_column(heading)
    for item in shown:
        matched = ["، ".join(term.term for term in item.matched_terms or ())] if explain else []
        cells = (f"{item.score:.3f}", (item.published_at or "")[:10], item.section or "", item.title, *matched)
        table.add_row(*map(escape, cells))  # a title may hold square brackets
    standard_output().print(table)


@models_app.command("list", epilog="Example: `silah models list --json`")
def list_models(artifacts: Artifacts = None, as_json: Json = False) -> None:
    """List the versions, oldest first; the one in service is marked."""
    registry = _registry(artifacts)
    current = registry.current()
    manifests = registry.manifests()
    if as_json:
        print_json({"current": current, "versions": [_brief(manifest, current) for manifest in manifests]})
        return
    table = Table("", "version", "created", "articles", "terms", "quality gate")
    for manifest in manifests:
        mark = "●" if manifest.version == current else ""
        counts = manifest.counts
        table.add_row(
            mark,
            manifest.version,
            manifest.created_at,
            f"{counts['articles']:,}",
            f"{counts['vocabulary']:,}",
            _gate(manifest),
        )
    standard_output().print(table)


@models_app.command(epilog="Example: `silah models show 20261123T100000000Z-1a2b3c`")
def show(version: str, artifacts: Artifacts = None, as_json: Json = False) -> None:
    """Show the manifest of a version."""
    from models.artifact import read_manifest

    registry = _registry(artifacts)
    manifest = asdict(read_manifest(registry.folder(version)))
    if as_json:
        print_json(manifest)
    else:
        Console().print_json(json.dumps(manifest, ensure_ascii=False))


@models_app.command(epilog="Example: `silah models verify 20261123T100000000Z-1a2b3c`")
def verify(version: str, artifacts: Artifacts = None, as_json: Json = False) -> None:
    """Check every file of a version against its digest, and the analyzer against its fingerprint."""
    manifest = _registry(artifacts).verify(version)
    _tell({"version": version, "files": len(manifest.files), "sound": True}, f"{version} is sound", as_json)


@models_app.command(epilog="Example: `silah models activate 20261123T100000000Z-1a2b3c`")
def activate(version: str, artifacts: Artifacts = None, as_json: Json = False) -> None:
    """Put a version in service."""
    _registry(artifacts).activate(version, _now())
    _tell({"current": version}, f"{version} is in service", as_json)


@models_app.command(epilog="Example: `silah models rollback`")
def rollback(artifacts: Artifacts = None, as_json: Json = False) -> None:
    """Put the version back in service that was there before."""
    version = _registry(artifacts).rollback(_now())
    _tell({"current": version}, f"{version} is in service again", as_json)


@models_app.command(epilog="Example: `silah models prune --keep 5`")
def prune(
    keep: Annotated[int, typer.Option(min=1, help="Versions to keep, the one in service among them.")] = 5,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Remove the oldest versions; the one in service stays."""
    removed = _registry(artifacts).prune(keep)
    _tell({"removed": removed}, f"removed {len(removed)} versions", as_json)


def _registry(artifacts: Path | None) -> Registry:
    from models.registry import Registry

    return Registry(read_settings(artifacts=artifacts).artifacts)


def _brief(manifest: Manifest, current: str | None) -> dict[str, Any]:
    return {
        "version": manifest.version,
        "created_at": manifest.created_at,
        "current": manifest.version == current,
        "counts": manifest.counts,
        "metrics": manifest.metrics,
        "refused": manifest.refused,
        "forced": None if manifest.forced is None else asdict(manifest.forced),
    }


def _gate(manifest: Manifest) -> str:
    """What the quality gate said of a version."""
    if manifest.forced is not None:
        return escape(f"forced: {manifest.forced.note}")
    return f"refused: {', '.join(manifest.refused)}" if manifest.refused else "passed"


def _print_summary(summary: TrainingSummary) -> None:
    console = Console()
    state = "in service" if summary.published else "not in service"
    console.print(
        f"version [bold]{summary.version}[/] {state}: {summary.articles:,} articles, {summary.vocabulary:,} terms"
    )
    if summary.rejected:
        reasons = ", ".join(f"{reason} {count}" for reason, count in summary.reasons.items())
        console.print(
            f"rejected {summary.rejected:,} ({reasons}): see {escape(str(summary.rejects_file))}", soft_wrap=True
        )
    if summary.replaced:
        console.print(f"replaced {summary.replaced:,}: their id came again later")
    if summary.update is None and summary.deleted:
        console.print(f"left out {summary.deleted:,}: deleted by later records")
    if summary.update is not None:
        _print_update(console, summary, summary.update)
    if summary.resumed:
        console.print(f"took over {summary.resumed:,} articles that an interrupted training had analysed")
    if summary.unknown_keys:
        console.print(f"left out unknown keys: {escape(', '.join(summary.unknown_keys))}")
    _print_boilerplate(console, summary)
    console.print("  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in summary.seconds.items()))
    console.print("  ".join(f"{name} {value:.3f}" for name, value in summary.metrics.items() if value is not None))


def _print_update(console: Console, summary: TrainingSummary, update: Update) -> None:
    """What changed, and how far the archive is from its last full training."""
    changes = update.changes
    if summary.version == update.base:
        console.print(f"nothing new in {summary.unchanged:,} unchanged records: no version was made")
    else:
        console.print(
            f"updated {update.base}: {changes.added:,} added, {changes.changed:,} changed, {changes.deleted:,} deleted"
            f" ({summary.unchanged:,} records unchanged)",
            soft_wrap=True,
        )
    console.print("drift  " + "  ".join(f"{name} {value:.3f}" for name, value in update.drift.items()))
    for reason in update.due:
        console.print(f"[yellow]full training due[/]: {reason}", soft_wrap=True)


def _print_boilerplate(console: Console, summary: TrainingSummary) -> None:
    """What was taken off the pages, and the most frequent of what was learned."""
    report = summary.boilerplate
    if report.removed:
        kinds = ", ".join(f"{kind} {taken.lines:,} in {taken.articles:,}" for kind, taken in report.removed.items())
        console.print(f"taken off pages, lines in articles: {kinds}", soft_wrap=True)
    for one in report.learned[:SHOWN_FURNITURE]:
        console.print(escape(f"  learned of {one.site or 'all'}: {one.articles:,} × {one.line}"), soft_wrap=True)
    if len(report.learned) > SHOWN_FURNITURE:
        console.print(f"  and {len(report.learned) - SHOWN_FURNITURE:,} more: see boilerplate.json of the version")


def _refusal(summary: TrainingSummary) -> str:
    gate = summary.gate
    stays = "nothing is in service" if gate.against is None else f"{gate.against} stays in service"
    todo = (
        "this is a defect of the release or of its settings"
        if gate.broken
        else f"look with `silah evaluate --version {summary.version}`, then change settings or articles, or publish it "
        f"all the same: `silah train … --force --note WHY` or `silah models activate {summary.version}`"
    )
    return f"quality gate: {'; '.join(gate.reasons)}. {summary.version} is kept, {stays}; {todo}"


def _earlier(registry: Registry, model: Model, against: str | None) -> Model | None:
    """The version to compare with: the one asked for, else the parent, where it is still there and can be read."""
    from models.artifact import load

    if against is not None:
        return load(registry.folder(against))
    for parent in model.manifest.parents:
        try:
            return load(registry.folder(parent))
        except ModelError:
            continue
    return None


def _print_report(console: Console, found: Report, pairs: dict[str, Any] | None) -> None:
    console.print(f"version [bold]{found.version}[/]")
    lists = Table(
        "lists", "silah", *found.peers, title="Lists, each article as of its publication", title_justify="left"
    )
    for name, figure in found.figures.items():
        lists.add_row(name, _cell(figure), *(_cell(peer.get(name)) for peer in found.peers.values()))
    console.print(lists)
    if found.tasks:
        systems = list(next(iter(found.tasks.values())).systems)
        tasks = Table("task", "documents", *systems, title="Ranking", title_justify="left")
        for name, task in found.tasks.items():
            tasks.add_row(name, f"{task.documents:,}", *(_cell(task.systems[system]) for system in systems))
        console.print(tasks)
    if found.against is not None:
        change = found.against
        console.print(f"against {change.version} ({change.common:,} articles in both): ", end="")
        console.print(f"jaccard_5 {_cell(change.jaccard_5)}  rbo_10 {_cell(change.rbo_10)}")
    if pairs is not None:
        for name in ("pearson", "spearman"):
            low, high = pairs[f"{name}_interval"] or (None, None)
            interval = f"[{_number(low)}, {_number(high)}]"
            console.print(f"pairs {name:<10} {_number(pairs[name])} {interval}  n {pairs['count']}", markup=False)


def _cell(figure: Figure | None) -> str:
    """A figure with its interval, as a table shows it."""
    if figure is None or figure.value is None:
        return "–"
    if figure.low is None:
        return _number(figure.value)
    return f"{_number(figure.value)} [{_number(figure.low)}, {_number(figure.high)}]".replace("[", r"\[")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _tell(value: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        typer.echo(sentence)


def _now() -> datetime:
    return datetime.now(UTC)
