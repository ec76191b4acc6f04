"""Scopes: what a key is good for."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What a key is good for; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Scope) -> bool:
        """Whether who may do this may do the other."""
        ranks = list(Scope)
        return ranks.index(self) >= ranks.index(other)
