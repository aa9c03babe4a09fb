"""Rules on text, one paper a file.

Each filter is a callable on one `str`: `GopherQuality()(text)` returns why to drop the text, or
None. A recipe names filters; `find` returns the steps of one. There is no registry: every
module here that has a mapping FILTERS (name in a recipe -> function of the settings that
returns steps) is looked at; its REASONS (reason -> meaning) make the table `reasons`, its PATHS
(name -> settings) say which settings are files. A filter from elsewhere is named
"package.module:attribute". So a new filter is one new file here and its test.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

from curate.filters.c4 import C4
from curate.filters.fineweb import FineWebQuality
from curate.filters.gopher import GopherQuality, GopherRepetition
from curate.filters.pii import MaskPII
from curate.filters.refinedweb import RefinedWeb
from curate.filters.signals import measure
from curate.filters.url import UrlRules
from curate.steps import Step, judge
from curate.text.views import Text

__all__ = [
    "C4",
    "FineWebQuality",
    "GopherQuality",
    "GopherRepetition",
    "MaskPII",
    "RefinedWeb",
    "Text",
    "UrlRules",
    "find",
    "measure",
    "paths",
    "reasons",
]

Factory = Callable[..., Sequence[Step]]


def find(name: str, **settings: Any) -> list[Step]:
    """Return the steps of a filter, made with the settings.

    Args:
        name: a name in some module's FILTERS ("gopher_quality"), or "package.module:attribute".
            The attribute may be a judge (a function of one text), an object or list of
            `curate.steps.Step`, or a class or function that, called with the settings, returns
            one of these.
    Raises:
        ValueError: no such filter, or it refuses the settings; the message names both.

    >>> len(find("c4", terminal_punctuation=False))
    3
    """
    if ":" in name:
        made = _foreign(name, settings)
    else:
        found = factories()
        if name not in found:
            known = ", ".join(sorted(found))
            raise ValueError(
                f"filters: there is no filter {name!r}; known: {known}, or package.module:attribute"
            )
        made = _make(name, found[name], settings)
    return _as_steps(name, made)


def paths(name: str) -> tuple[str, ...]:
    """Return which settings of a filter are paths of files, one or a list of them.

    A module says it in PATHS, by the name in a recipe or, elsewhere, by the attribute.

    >>> paths("c4"), paths("fineweb")
    (('bad_words',), ())
    """
    module, _, attribute = name.rpartition(":")
    try:
        modules = [importlib.import_module(module)] if module else _modules()
    except (ImportError, ValueError):
        return ()  # `find` says what is wrong with it
    return tuple(key for one in modules for key in getattr(one, "PATHS", {}).get(attribute, ()))


def reasons() -> dict[str, str]:
    """Return the meaning of every reason the filters of this package give, in the order of names.

    Raises ValueError if two modules mean different things by one reason.
    """
    table: dict[str, str] = {}
    for module in _modules():
        for reason, meaning in getattr(module, "REASONS", {}).items():
            if table.setdefault(reason, meaning) != meaning:
                raise ValueError(
                    f"{module.__name__}: the reason {reason!r} already means {table[reason]!r}"
                )
    return dict(sorted(table.items()))


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            yield importlib.import_module(f"{__name__}.{module.name}")


def factories() -> dict[str, Factory]:
    """Return every module's FILTERS in one mapping."""
    found: dict[str, Factory] = {}
    for module in _modules():
        for name, factory in getattr(module, "FILTERS", {}).items():
            if name in found:
                raise ValueError(f"{module.__name__}: another module has a filter {name!r} too")
            found[name] = factory
    return found


def _foreign(name: str, settings: dict[str, Any]) -> object:
    """Return what "package.module:attribute" stands for, made with the settings if it must be."""
    module, _, attribute = name.partition(":")
    try:
        found: object = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"filters: {name!r} cannot be imported: {error}") from error
    if callable(found) and (settings or isinstance(found, type) or _takes_nothing(found)):
        return _make(name, found, settings)
    if settings:
        raise ValueError(f"filters: {name!r} is finished and takes no settings, got {settings!r}")
    return found


def _takes_nothing(function: Callable[..., object]) -> bool:
    """Return whether a function can be called without arguments: then it is no judge."""
    try:
        inspect.signature(function).bind()
    except (TypeError, ValueError):
        return False
    return True


def _make(name: str, factory: Callable[..., Any], settings: dict[str, Any]) -> object:
    try:
        inspect.signature(factory).bind(**settings)
    except TypeError as error:
        raise ValueError(
            f"filter {name!r}: {error}; known settings: {', '.join(_settings_of(factory))}"
        ) from error
    try:
        return factory(**settings)
    except (TypeError, ValueError) as error:
        raise ValueError(f"filter {name!r}: {error}") from error


def _settings_of(factory: Callable[..., Any]) -> Iterable[str]:
    return inspect.signature(factory).parameters or ("none",)


def _as_steps(name: str, made: object) -> list[Step]:
    steps = [made] if isinstance(made, Step) else made
    if isinstance(steps, Sequence) and all(isinstance(step, Step) for step in steps):
        return list(steps)
    if callable(made):
        return [judge(made)]
    raise ValueError(f"filter {name!r} must be a function, a Step or a list of them, got {made!r}")
