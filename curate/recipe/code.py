"""Refuse recipes that name code (`module:attribute`), unless the user allows it."""


def refuse_code(entries: object) -> None:
    """Raise ValueError if an entry of `filters` names code; values that are no lists are ignored.

    >>> refuse_code(["c4", {"gopher_quality": {"too_few_words": 10}}])
    """
    for position, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        for name in [entry] if isinstance(entry, str) else entry if isinstance(entry, dict) else ():
            if isinstance(name, str) and ":" in name:
                raise ValueError(
                    f"filters.{position}: expected a filter of this package, got {name[:80]!r}, "
                    "which is code: it is imported, and so runs, as soon as the recipe is read. "
                    "If you trust it, allow it with --allow-code (in Python: allow_code=True)"
                )
