"""Lazy imports of a package's names, for modules whose dependencies may not be installed."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return a package's `__getattr__`, given name -> the submodule that defines it.

    These submodules need NumPy and numba; where these are missing, the ImportError says
    what to install.
    """

    def look_up(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        import_module("curate._compiled")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return look_up
