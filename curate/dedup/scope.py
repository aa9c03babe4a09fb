"""Scope: the documents among which copies of a document are looked for."""

from typing import Literal

Scope = Literal["global", "source", "dump"]  # everything; or each source, each dump, by itself


def scope_columns(scope: Scope) -> tuple[str, ...]:
    """Return the columns that say what a document is compared within, but `source`."""
    return () if scope in ("global", "source") else (scope,)
