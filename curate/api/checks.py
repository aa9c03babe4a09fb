"""Check arguments of public functions: a wrong type is a TypeError that says what was expected."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.extras import lacking

PathOrUrl = str | Path  # a path or a URL


def expect(function: str, name: str, value: object, types: tuple[type, ...], wanted: str) -> None:
    """Raise TypeError unless a value is of one of the types."""
    if not isinstance(value, types):
        raise TypeError(f"{function}: {name}: expected {wanted}, got {type(value).__name__}")


def path_text(function: str, name: str, value: "PathOrUrl | None") -> str | None:
    """Return a path or URL as text; raises TypeError if it is neither that nor None."""
    if value is None:
        return None
    expect(function, name, value, (str, Path), "a path or URL (str or Path)")
    return str(value)


@contextmanager
def saying_what_lacks() -> Iterator[None]:
    """Add to an error of a module that is not installed what to type for it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if hint := lacking(error):
            raise ModuleNotFoundError(hint, name=error.name) from error
        raise
