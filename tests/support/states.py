"""Where a state may be kept: every test of it runs on each kind of database."""

from __future__ import annotations

from tests.support.postgres import programs

SERVER = programs()
KINDS = ("sqlite", *(("postgresql",) if SERVER is not None else ()))
