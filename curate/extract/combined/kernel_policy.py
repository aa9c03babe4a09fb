"""When the compiled kernels are used: not for a few pages, and never before they would pay.

Loading them takes half a second and more, compiling them much longer; the plain path gives the same
text. So a process begins with that, loads the kernels after some megabytes of pages if they lie on
disk compiled, and compiles them only after so many that it has spent as long without them.
"""

import logging
from importlib import import_module
from typing import Any

LOAD_AFTER = 4 << 20  # characters of pages: about a second of the plain path
COMPILE_AFTER = 1 << 27  # compiling takes as long as the plain path does with so many
_log = logging.getLogger(__name__)
_MODULE = "curate.extract.combined.compiled"


class _Policy:
    """What this process has seen, and the module of kernels once it is used."""

    def __init__(self) -> None:
        self.seen = 0
        self.module: Any = None
        self.settled: bool | None = None  # asked for, or not to be had


_policy = _Policy()


def kernels(characters: int) -> Any:
    """Return the module that extracts with kernels, or None; `characters` are those of a page."""
    policy = _policy
    if policy.settled is not None:
        return policy.module if policy.settled else None
    policy.seen += characters
    if policy.seen < LOAD_AFTER:
        return None
    if policy.module is None:
        policy.module = _loaded()
        if policy.module is None:
            policy.settled = False
            return None
        if policy.module.are_kept():
            policy.settled = _works(policy.module)
    if policy.settled is None and policy.seen >= COMPILE_AFTER:
        policy.settled = _works(policy.module)
    return policy.module if policy.settled else None


def in_use() -> Any:
    """Return the module that extracts with kernels, if this process uses it by now."""
    return _policy.module if _policy.settled else None


def use(kernels: bool | None) -> None:
    """Use the kernels from the first page on, or never; None leaves it to the pages seen.

    Raises:
        ImportError: they are asked for, and numba is not installed.
    """
    _policy.seen = 0
    _policy.module = import_module(_MODULE) if kernels else None
    _policy.settled = kernels


def _loaded() -> Any:
    try:
        return import_module(_MODULE)
    except ImportError:  # no numba
        return None


def _works(module: Any) -> bool:
    """Return whether the kernels can be had: compile them, or load them."""
    try:
        module.prepare()
    except Exception:  # a numba that cannot compile them; the plain path gives the same text
        _log.warning("extract: the compiled kernels cannot be had here", exc_info=True)
        return False
    return True
