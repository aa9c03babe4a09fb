"""Lazy imports of a package's names, and what `dir` of a module lists."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module


def lazily(
    package: str, homes: Mapping[str, str], *, needs: str | None = "curate._compiled"
) -> Callable[[str], object]:
    """Return a package's `__getattr__`, given name -> the submodule that defines it.

    needs: imported before. Most submodules need NumPy and numba; where these are missing, its
    ImportError says what to install.
    """

    def look_up(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if needs is not None:
            import_module(needs)
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return look_up


def listing(module: str, names: Iterable[str]) -> Callable[[], list[str]]:
    """Return a module's `__dir__`: its `__all__`, and the names with underscores all modules have.

    >>> from curate import dedup
    >>> "find_duplicates" in dir(dedup), "TYPE_CHECKING" in dir(dedup)
    (True, False)
    """
    public = tuple(names)

    def list_names() -> list[str]:
        dunders = (name for name in vars(sys.modules[module]) if name.startswith("__"))
        return sorted({*public, *dunders})

    return list_names
