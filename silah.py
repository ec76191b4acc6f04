"""The front door: one command; what a sub-command needs is loaded when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli import app as service_app
from service.cli import serve
from training.cli import app as training_app
from training.cli import run, train
from training.commands import read_settings

NEWSROOM = Path(__file__).parent / "training" / "newsroom" / "articles.jsonl"

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Related news for Arabic newsrooms.",
)
for part in (training_app, service_app):
    app.registered_commands += part.registered_commands
    app.registered_groups += part.registered_groups


@app.command(epilog="Example: `silah demo --port 8000`")
def demo(
    artifacts: Annotated[Path | None, typer.Option(help="Folder of the model versions. [default: ./artifacts]")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one. [default: 8000]")] = None,
) -> None:
    """Serve site and API; where no model can be served yet, train on the bundled newsroom first."""
    from models.errors import ModelError
    from models.registry import Registry

    artifacts = read_settings(artifacts=artifacts).artifacts
    try:
        Registry(artifacts).load_current()
    except ModelError:  # none yet, a damaged one, or one of a release that cuts text into other terms
        train([str(NEWSROOM)], artifacts=artifacts)
    serve(artifacts=artifacts, host=host, port=port)


def main() -> None:
    """The ``silah`` command."""
    run(app)


if __name__ == "__main__":
    main()
