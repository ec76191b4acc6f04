"""`silah import`: article records from anywhere to a file or a running service."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from models.errors import RecordError
from training.commands import (
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

if TYPE_CHECKING:
    import threading

    from models.errors import StateError
    from training.config import TrainingSettings
    from training.importing.job import Import, ImportSummary
    from training.importing.memory import Memory
    from training.importing.targets import Target
    from training.sources.pagetext import Reading

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown")
STDOUT = "-"
INTERRUPTED = 130  # as shells tell of what was ended by Ctrl-C
FILES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


@app.command("import", epilog="Example: `silah import feed+https://site.example/feed/ --to articles.jsonl`")
def import_articles(
    locations: Annotated[list[str], Locations],
    to: Annotated[
        str | None,
        typer.Option(help="File (.jsonl, .jsonl.gz) that grows, - for standard output, or a running service, http://…"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Of pages, show what is taken off and why, and import nothing.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on: look again every so many seconds.")] = False,
    every: Annotated[float, typer.Option(min=1, help="Seconds between two looks with --watch.")] = 60,
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget earlier imports to the target; a file begins empty.")
    ] = False,
    key: Annotated[
        str | None, typer.Option(envvar="SILAH_KEY", help="Write key of the service.", show_default=False)
    ] = None,
    memory: Annotated[
        Path | None,
        typer.Option(help="What is remembered between runs. [default: beside the file, or in the artifacts' folder]"),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Records that are no articles, with the reason. [default: beside the memory]")
    ] = None,
    table: SqlTable = None,
    query: SqlQuery = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    patterns: Patterns = None,
    full_text: FullText = False,
    allow_private: AllowPrivate = False,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Turn what a newsroom has into article records: new and changed ones go to the target, others stay.

    What was imported before is remembered: feeds and sites are asked for what is new since, a run that was broken
    off goes on where it stopped. A location that cannot be read ends in exit code 4, after the others were read.
    """
    from models.errors import SourceError
    from training.importing.watching import stopped_by_signals

    settings = read_settings(
        artifacts=artifacts,
        sources=source_options(table, query, columns, delimiter, encoding, patterns, full_text, allow_private),
    )
    if explain:
        _explain(locations, settings, as_json)
        return
    if to is None:
        raise typer.BadParameter("say where records go: a file, - or the address of a service", param_hint="--to")
    if to == STDOUT and as_json:
        raise typer.BadParameter("standard output holds records, or the summary: give a file", param_hint="--to")
    kept = _Kept.of(to, memory, rejects, settings, anew)
    with stopped_by_signals() as stop, _prepared(locations, to, key, kept, settings, stop) as prepared:
        if watch:
            _watch(prepared, kept, every, stop, as_json)
            return
        summary = _once(prepared, kept)
    if as_json:
        print_json(_members(summary))
    else:
        _print_summary(summary)
    if summary.failed:
        raise SourceError("; ".join(summary.failed.values()))
    if stop.is_set():  # what would be done with all of it must not be done with a part
        messages.print("stopped: the rest is left for the next run")
        raise typer.Exit(INTERRUPTED)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where a target's memory and the rejects of its imports are.

    Attributes:
        to: the target, as it may be shown.
        file: the target, where it is a file.
        anew: whether what was kept before goes.
    """

    to: str
    file: Path | None
    memory: Path | None
    rejects: Path | None
    anew: bool

    @classmethod
    def of(cls, to: str, memory: Path | None, rejects: Path | None, settings: TrainingSettings, anew: bool) -> _Kept:
        """Beside the file; of a service in the folder of the artifacts; of standard output nothing is kept."""
        from training.sources.addresses import on_the_web
        from training.sources.opening import shown

        if to == STDOUT:
            return cls(to, None, memory, rejects, anew)
        if on_the_web(to):
            name = re.sub(r"[^a-z0-9]+", "-", shown(to).lower().partition("://")[2]).strip("-")
            stem = settings.artifacts / "imports" / name
            beside = (stem.with_suffix(".memory"), stem.with_suffix(".rejects.jsonl"))
            return cls(shown(to), None, memory or beside[0], rejects or beside[1], anew)
        file = Path(to)
        if not file.name.endswith(FILES):
            problem = f"the name of the file must end in one of {', '.join(FILES)}; a service is http://…"
            raise typer.BadParameter(problem, param_hint="--to")
        stem = file.with_name(file.name.removesuffix(".gz").rpartition(".")[0])
        beside = (stem.with_name(f"{stem.name}.memory"), stem.with_name(f"{stem.name}.rejects.jsonl"))
        return cls(to, file, memory or beside[0], rejects or beside[1], anew)

    @contextmanager
    def opened(self) -> Iterator[Memory]:
        """The memory, in a folder that is made where it is none.

        Raises:
            StateError: it cannot be had; then nothing has been forgotten either.
        """
        from training.importing.memory import Memory
        from training.importing.targets import writing

        if self.memory is not None:
            with writing(self.memory.parent):
                self.memory.parent.mkdir(parents=True, exist_ok=True)
        with Memory.opened(self.memory) as memory:
            if self.anew:
                memory.clear()
                if self.file is not None:
                    with writing(self.file):
                        self.file.unlink(missing_ok=True)
                memory.commit()
            yield memory


class _Rejects:
    """The rejected records of one run, a line each. The first of them takes the place of an earlier run's.

    Args:
        path: of the file; without it they are kept nowhere.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def write(self, line: str) -> None:
        """Add a line.

        Raises:
            StateError: it cannot be written.
        """
        from training.importing.targets import writing

        if self._path is None:
            return
        with writing(self._path):
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8")
            self._file.write(line)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def clear(self) -> None:
        """What an earlier run left goes, if nothing took its place."""
        from training.importing.targets import writing

        if self._path is not None and self._file is None:
            with writing(self._path):
                self._path.unlink(missing_ok=True)


@contextmanager
def _prepared(
    locations: list[str],
    to: str,
    key: str | None,
    kept: _Kept,
    settings: TrainingSettings,
    stop: threading.Event,
) -> Iterator[Import]:
    """The import with its target, its memory and one fetcher for all its runs."""
    from training.importing.job import Import
    from training.sources import Sources

    with kept.opened() as memory, Sources(settings.sources, kept.file) as sources, ExitStack() as stack:
        target = stack.enter_context(_target(to, key, memory, kept))
        yield Import(locations, sources.records, target, memory, time.monotonic, stop.is_set)


@contextmanager
def _target(to: str, key: str | None, memory: Memory, kept: _Kept) -> Iterator[Target]:
    from training.importing.targets import FileTarget, ServiceTarget, StreamTarget
    from training.sources.extras import required

    if to == STDOUT:
        yield StreamTarget(sys.stdout.buffer)
    elif kept.file is None:
        client = required("service.client", "web").Silah(to, key)
        try:
            yield ServiceTarget(client)
        finally:
            client.close()
    else:
        with FileTarget.opened(kept.file, memory) as target:
            yield target


def _once(prepared: Import, kept: _Kept, again: bool = False) -> ImportSummary:
    """One run; what an earlier one rejected stays until something is rejected ``again``."""
    from training.progress import reporter

    rejects = _Rejects(kept.rejects)
    with reporter(messages) as bars, closing(rejects):
        summary = prepared.run(rejects, bars)
        if not again:
            rejects.clear()
    summary.to = kept.to
    summary.rejects_file = str(kept.rejects) if summary.rejected and kept.rejects is not None else None
    return summary


def _watch(prepared: Import, kept: _Kept, every: float, stop: threading.Event, as_json: bool) -> None:
    """A line of each round in which something happened; with --json an object for each round."""
    from training.importing.watching import watch

    def tell(round_of: ImportSummary | StateError) -> None:
        if isinstance(round_of, Exception):
            messages.print(f"[red]error:[/] {escape(str(round_of))}", highlight=False, soft_wrap=True)
        elif as_json:
            print_json(_members(round_of))
        elif round_of.new or round_of.changed or round_of.deleted or round_of.rejected or round_of.failed:
            _print_summary(round_of)
            for why in round_of.failed.values():
                messages.print(f"[red]error:[/] {escape(why)}", highlight=False, soft_wrap=True)

    messages.print(f"watching, every {every:g} s: {escape(kept.to)}", highlight=False, soft_wrap=True)
    watch(lambda: _once(prepared, kept, again=True), every, stop, tell)


def _members(summary: ImportSummary) -> dict[str, Any]:
    return {**asdict(summary), "reasons": dict(summary.reasons), "unknown_keys": dict(summary.unknown_keys)}


def _print_summary(summary: ImportSummary) -> None:
    """On stderr: standard output may hold the records."""
    counts = ("new", "changed", "unchanged", "deleted")
    said = ", ".join(f"{getattr(summary, name):,} {name}" for name in counts)
    messages.print(f"{summary.records:,} records to {escape(summary.to)}: {said}", highlight=False, soft_wrap=True)
    if summary.rejected:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(summary.reasons.items()))
        see = f": see {escape(summary.rejects_file)}" if summary.rejects_file else ""
        messages.print(f"rejected {summary.rejected:,} ({reasons}){see}", highlight=False, soft_wrap=True)
    if summary.unknown_keys:
        messages.print(f"left out unknown keys: {escape(', '.join(summary.unknown_keys))}", soft_wrap=True)


def _explain(locations: list[str], settings: TrainingSettings, as_json: bool) -> None:
    """What is taken off pages and why, a table for each."""
    from training.sources import Sources

    with Sources(settings.sources) as sources:
        pages = [page for location in locations for page in sources.explained(location)]
    if as_json:
        told = [
            {"name": name, "record": _value(page), "taken": [asdict(one) for one in page.taken]} for name, page in pages
        ]
        print_json({"pages": told})
        return
    for name, page in pages:
        value = _value(page)
        table = Table("what", "line", "why", title=escape(f"taken off {name}"), title_justify="left")
        for taken in page.taken:
            table.add_row(*map(escape, (taken.kind, taken.line, taken.why)))
        record = Table("key", "value", title="what is left", title_justify="left")
        for key, said in value.items():
            record.add_row(escape(key), escape(said if isinstance(said, str) else "\n".join(said)))
        standard_output().print(table, record)


def _value(page: Reading) -> dict[str, Any]:
    """The record of a page, or why there is none."""
    if isinstance(page.value, RecordError):
        return {"rejected": page.value.reason, "message": str(page.value)}
    return page.value
