"""Where a state may be kept: every test of it runs on each kind of database."""

from __future__ import annotations

from pathlib import Path

from service.database import Database
from service.journal import Journal
from service.settings import ServiceSettings
from tests.support.postgres import programs

SERVER = programs()
KINDS = ("sqlite", *(("postgresql",) if SERVER is not None else ()))


def journal_of(artifacts: Path) -> Journal:
    """The journal that stands in a folder of versions."""
    return Journal(Database(ServiceSettings(artifacts=artifacts).state_url))
