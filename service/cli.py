"""The command that serves a model."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown")

messages = Console(stderr=True)


@app.callback()
def service() -> None:
    """Serve related news over HTTP."""


@app.command(epilog="Example: `silah serve --port 8000 --workers 2`")
def serve(
    artifacts: Annotated[Path | None, typer.Option(help="Folder of the model versions. [default: ./artifacts]")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one. [default: 8000]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer. [default: 1]")] = None,
    state: Annotated[
        str | None, typer.Option(help="Database of what changed since training. [default: state.db in the artifacts]")
    ] = None,
) -> None:
    """Serve the model in service; another version is followed without a restart."""
    import uvicorn
    from pydantic import ValidationError
    from uvicorn.supervisors import Multiprocess

    from service.settings import ServiceSettings

    given = {"artifacts": artifacts, "host": host, "port": port, "workers": workers, "state": state}
    try:
        settings = ServiceSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # pydantic checks
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise typer.BadParameter(problems, param_hint="settings") from error
    except (ValueError, OSError) as error:  # silah.toml is no TOML or cannot be read
        raise typer.BadParameter(str(error), param_hint="settings") from error
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
