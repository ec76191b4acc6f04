"""The command that serves a model."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.scopes import Scope

if TYPE_CHECKING:
    from service.keys import Key, Keys
    from service.settings import ServiceSettings

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown")

keys_app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Keys for those who write and manage.")
app.add_typer(keys_app, name="keys")

messages = Console(stderr=True)

Artifacts = Annotated[Path | None, typer.Option(help="Folder of the model versions. [default: ./artifacts]")]
State = Annotated[
    str | None, typer.Option(help="Database of what changed since training. [default: state.db in the artifacts]")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


@app.callback()
def service() -> None:
    """Serve related news over HTTP."""


@app.command(epilog="Example: `silah serve --port 8000 --workers 2`")
def serve(
    artifacts: Artifacts = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one. [default: 8000]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer. [default: 1]")] = None,
    state: State = None,
) -> None:
    """Serve the model in service; another version is followed without a restart."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    settings = _settings(artifacts=artifacts, host=host, port=port, workers=workers, state=state)
    listening = _listen(settings.host, settings.port)
    # the processes that answer read their settings as any other would: from the environment
    os.environ["SILAH_ARTIFACTS"] = str(settings.artifacts.absolute())
    if settings.state is not None:
        os.environ["SILAH_STATE"] = settings.state
    host_in_url = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host_in_url}:{listening.getsockname()[1]}"
    messages.print(
        f"Silah answers at {address} (docs: {address}/docs, demo: {address}/demo)", soft_wrap=True, markup=False
    )
    with tempfile.TemporaryDirectory(prefix="silah-metrics-") as together:
        if settings.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = together
            os.environ["SILAH_WORKMATES"] = together
        config = uvicorn.Config(
            "service.app:create_worker",
            factory=True,
            workers=settings.workers,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        if settings.workers > 1:
            Multiprocess(config, sockets=[listening]).run()
        else:
            server = uvicorn.Server(config)
            for asked in (signal.SIGTERM, signal.SIGINT):  # raised again by uvicorn once all is shut down in good order
                signal.signal(asked, lambda *_: None if server.started else sys.exit(0))
            server.run(sockets=[listening])
            if not server.started:
                sys.exit(1)


@keys_app.command(epilog="Example: `silah keys create --scope write --note 'the site'`")
def create(
    scope: Annotated[Scope, typer.Option(help="What it is good for: write includes read, admin includes write.")],
    note: Annotated[str | None, typer.Option(help="Who has it, what for.")] = None,
    artifacts: Artifacts = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Make a key; this is the only time that it is shown."""
    with _keys(artifacts, state) as keys:
        key, shown = keys.create(scope, _now(), note)
    if as_json:
        _print_json({"id": key.id, "key": shown, "scope": key.scope})
        return
    messages.print(f"Key {key.id}, scope {key.scope}; it is not shown again:", highlight=False, markup=False)
    typer.echo(shown)


@keys_app.command("list", epilog="Example: `silah keys list --json`")
def list_keys(artifacts: Artifacts = None, state: State = None, as_json: Json = False) -> None:
    """List all keys there ever were, oldest first."""
    with _keys(artifacts, state) as keys:
        found = keys.all()
    if as_json:
        _print_json({"keys": [_told(key) for key in found]})
        return
    table = Table("id", "scope", "note", "created", "revoked")
    for key in found:
        told = _told(key)
        table.add_row(*(escape(told[name] or "") for name in ("id", "scope", "note", "created_at", "revoked_at")))
    Console().print(table)


@keys_app.command(epilog="Example: `silah keys revoke 1a2b3c4d`")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key: the part between the underscores.")],
    artifacts: Artifacts = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Revoke a key: within a second no process takes it any more."""
    with _keys(artifacts, state) as keys:
        key = keys.revoke(key_id, _now())
    if as_json:
        _print_json(_told(key))
    else:
        messages.print(f"Key {key.id} is revoked.", highlight=False, markup=False)


def _settings(**given: Any) -> ServiceSettings:
    """The settings, those given as flags above all; a bad one is wrong usage."""
    from pydantic import ValidationError

    from service.settings import ServiceSettings

    try:
        return ServiceSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise typer.BadParameter(problems, param_hint="settings") from error
    except (ValueError, OSError) as error:  # silah.toml is no TOML or cannot be read
        raise typer.BadParameter(str(error), param_hint="settings") from error


@contextmanager
def _keys(artifacts: Path | None, state: str | None) -> Iterator[Keys]:
    from service.journal import Journal
    from service.keys import Keys

    journal = Journal.open(_settings(artifacts=artifacts, state=state).state_url)
    try:
        yield Keys(journal)
    finally:
        journal.close()


def _told(key: Key) -> dict[str, str | None]:
    from models.article import format_time, from_microseconds

    revoked = None if key.revoked_at is None else format_time(from_microseconds(key.revoked_at))
    created = format_time(from_microseconds(key.created_at))
    return {"id": key.id, "scope": key.scope, "note": key.note, "created_at": created, "revoked_at": revoked}


def _now() -> int:
    return time.time_ns() // 1000


def _print_json(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False))


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: taken before anything is loaded, so that a taken port is told at once."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = escape(f"cannot listen on {host}:{port}: {reason}")
        messages.print(f"[red]error:[/] {problem}", highlight=False, soft_wrap=True)
        sys.exit(1)
    listening.set_inheritable(True)
    return listening
