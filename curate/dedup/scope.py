"""Scope: the documents among which copies of a document are looked for."""

from typing import Literal

Scope = Literal["global", "source", "dump"]  # everything; or each source, each dump, by itself
