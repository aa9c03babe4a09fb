"""Names of a package that are imported at first use, for what they need may not be installed."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return a package's `__getattr__`: name -> the module of the package it stands in.

    All of them hash or add up with NumPy and numba; where these are not, the ImportError says
    what to install.
    """

    def look_up(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        import_module("curate._compiled")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return look_up
