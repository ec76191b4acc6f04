"""What all commands of training share: options, settings, and where they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from training.config import TrainingSettings

PIPE_WIDTH = 240
TAB = r"\t"  # as it is typed where a tab cannot be

messages = Console(stderr=True)

Artifacts = Annotated[Path | None, typer.Option(help="Folder of the model versions. [default: ./artifacts]")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Locations = typer.Argument(
    metavar="LOCATION", help="Files, databases, WordPress, feeds, sitemaps, pages: see docs/sources.md."
)
SqlTable = Annotated[str | None, typer.Option("--table", help="Table of a database; or after # in its address.")]
SqlQuery = Annotated[str | None, typer.Option("--query", help="SQL whose rows are read instead of a table.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", metavar="KEY=COLUMN", help="Where a key of records has another name; also id=ID,title=T."
    ),
]
Delimiter = Annotated[str | None, typer.Option(help=r"Between the cells of CSV, as ; or \\t. [default: found out]")]
Encoding = Annotated[str | None, typer.Option(help="Of text files. [default: UTF-8, else Windows-1256]")]
Patterns = Annotated[Path | None, typer.Option(help="What this site's pages carry beside the article (TOML).")]
FullText = Annotated[bool, typer.Option("--full-text", help="Where a feed has summaries only, read the pages.")]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Addresses of this machine and of private networks may be asked.")
]


def read_settings(**given: Any) -> TrainingSettings:
    """The settings, those given as flags above all; a bad one is wrong usage."""
    from pydantic import ValidationError  # noqa: PLC0415  # only when it runs, as everything of commands

    from training.config import TrainingSettings  # noqa: PLC0415

    try:
        return TrainingSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise typer.BadParameter(problems, param_hint="settings") from error
    except (ValueError, OSError) as error:  # silah.toml is no TOML or cannot be read, a variable holds no JSON
        raise typer.BadParameter(str(error), param_hint="settings") from error


def source_options(
    table: str | None,
    query: str | None,
    columns: list[str] | None,
    delimiter: str | None,
    encoding: str | None,
    patterns: Path | None,
    full_text: bool,
    allow_private: bool,
) -> dict[str, Any]:
    """The flags about sources that were given, as ``sources`` of the settings."""
    given = {
        "table": table,
        "query": query,
        "columns": _pairs(columns or []),
        "delimiter": "\t" if delimiter == TAB else delimiter,
        "encoding": encoding,
        "patterns": patterns,
        "full_text": full_text,
        "fetch": {"allow_private": True} if allow_private else {},
    }
    return {name: value for name, value in given.items() if value}


def _pairs(columns: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for given in columns for one in given.split(",")]
    if bad := [key for key, equals, column in pairs if not (key.strip() and equals and column.strip())]:
        raise typer.BadParameter(f"{bad[0]!r} is no KEY=COLUMN", param_hint="--columns")
    return {key.strip(): column.strip() for key, _, column in pairs}


def standard_output() -> Console:
    """Standard output; in a pipe wide enough that nothing is cut or folded."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False))
