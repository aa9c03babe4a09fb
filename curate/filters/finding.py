"""Lookup of filters: by name in a recipe, or as "package.module:attribute".

There is no registry: filters are those in the mapping FILTERS (name in a recipe -> class) of every
module of this package. A filter's rules, their meanings, and which settings name files or which
values they take, are read from its dataclass fields (`curate.filters.settings`).
"""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from curate.filters.settings import BY_VARIANT, bounds, is_off
from curate.languages import ENGLISH, profile
from curate.steps import Step, judge

_CODE = r"^[^:]+:[^:]+$"
Named = tuple[str, Mapping[str, Any]]  # a filter's name and its settings
# A filter as code gives it: a name, names with settings, a function of one text, steps.
FilterLike = str | Mapping[str, Mapping[str, Any] | None] | Step | Sequence[Step] | Any


def find(name: str, /, *, language: str | None = None, **settings: Any) -> list[Step]:
    """Return the steps of a filter, made with the settings.

    Args:
        name: a name in some module's FILTERS ("gopher_quality"), or "package.module:attribute".
            The attribute may be a judge (a function of one text), an object or list of
            `curate.steps.Step`, or a class or function that, called with the settings, returns
            one of these, or an object whose method `steps` does.
        language: the code of the texts' language: settings that are not given are those of the
            filter for this language (`in_language`), if any. None and "en": the papers' settings.
            With `dictionary` among the settings they are those for its words.
    Raises:
        ValueError: no such filter, or it refuses the settings; the message names both.

    >>> len(find("c4", terminal_punctuation=False))
    2
    """
    if ":" in name:
        filter_ = _foreign(name, settings)
    else:
        known = filters()
        if name not in known:
            raise ValueError(
                f"filters: there is no filter {name!r}; known: {', '.join(sorted(known))}, "
                "or package.module:attribute"
            )
        adapted = _in_language(known[name], language, settings)
        filter_ = _make(name, known[name], adapted | settings)
    return _as_steps(name, filter_)


def as_steps(entries: Iterable[FilterLike], language: str | None = None) -> list[Step]:
    """Return the steps of filters, however they are given.

    Args:
        entries: names, mappings of names to settings (as in a recipe), functions of one text that
            return a reason or None, objects with a method `steps`, steps, lists of steps.
        language: see `find`; it applies to those given by name.
    Raises:
        ValueError: an entry is of another type, or no filter has its name.

    >>> [step.kind for step in as_steps(["gopher_quality", str.isupper, {"c4": {}}])]
    ['judge', 'judge', 'judge', 'edit']
    """
    steps: list[Step] = []
    for entry in entries:
        if isinstance(entry, str):
            steps += find(entry, language=language)
        elif isinstance(entry, Mapping):
            for name, settings in entry.items():
                steps += find(name, language=language, **(settings or {}))
        elif isinstance(entry, list | tuple):
            steps += as_steps(entry, language=language)
        else:
            steps += _as_steps("", entry)
    return steps


def _in_language(filter_: Any, language: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter's settings for a language; {} for English and for variants of other code."""
    adapt = getattr(filter_, "in_language", None)
    if language is None or adapt is None or is_english_alone(settings):
        return {}
    about = profile(language).by(settings.get("dictionary"))
    adapted: dict[str, Any] = adapt(about) if about.code != ENGLISH else {}
    return adapted


def is_english_alone(settings: Mapping[str, Any]) -> bool:
    """Return whether a filter's settings choose a variant for English only."""
    return settings.get("variant") in ("paper", "datatrove") or settings.get("edit") is True


def counts_by_dictionary(name: str, settings: Mapping[str, Any]) -> bool:
    """Return whether a filter of this package may count the words of a dictionary.

    >>> counts_by_dictionary("fineweb", {}), counts_by_dictionary("pii", {})
    (True, False)
    """
    filter_ = filters().get(name)
    known = is_dataclass(filter_) and "dictionary" in {field.name for field in fields(filter_)}
    return known and not is_english_alone(settings)


def filters() -> dict[str, type]:
    """Return the filters of this package, by their names in a recipe."""
    by_name: dict[str, type] = {}
    for module in modules():
        for name, filter_ in getattr(module, "FILTERS", {}).items():
            if name in by_name:
                raise ValueError(f"{module.__name__}: another module has a filter {name!r} too")
            by_name[name] = filter_
    return by_name


def paths(name: str) -> tuple[str, ...]:
    """Return which settings of a filter are paths of files, one or a list of them.

    Declared by the field (`bound(..., files=True)`); in external modules by PATHS, per attribute.

    >>> paths("c4"), paths("fineweb")
    (('bad_word',), ())
    """
    module, _, attribute = name.rpartition(":")
    if not module:
        rules = bounds(filters()[name]) if name in filters() else {}
        return tuple(key for key, rule in rules.items() if rule.files)
    try:
        imported = importlib.import_module(module)
    except (ImportError, ValueError):
        return ()  # `find` reports the mistake
    declared = bounds(getattr(imported, attribute, None))
    listed = getattr(imported, "PATHS", {}).get(attribute, ())
    return (*listed, *(key for key, rule in declared.items() if rule.files))


def reasons(named: Iterable[Named] = ()) -> dict[str, str]:
    """Return the meaning of every reason the filters of this package give, in the order of names.

    The numbers in them are those of the filters named with their settings, as a recipe has them,
    and of the defaults for all others.
    Raises ValueError if two modules give one reason different meanings.
    """
    known = filters()
    table: dict[str, str] = {}
    for module in modules():
        module_reasons = dict(getattr(module, "REASONS", {}))
        for filter_ in getattr(module, "FILTERS", {}).values():
            module_reasons |= meanings(filter_, {})
        for reason, meaning in module_reasons.items():
            if table.setdefault(reason, meaning) != meaning:
                raise ValueError(
                    f"{module.__name__}: the reason {reason!r} already means {table[reason]!r}"
                )
    for name, settings in named:
        if settings and name in known:
            table |= meanings(known[name], settings)
    return dict(sorted(table.items()))


def meanings(filter_: type, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the meaning of each rule of a filter, with the numbers of the settings.

    Settings that name files are ignored: the files may be on another machine.
    """
    rules = bounds(filter_)
    plain = default_of(filter_)
    numbers = {key: value for key, value in settings.items() if not _is_file(rules, key)}
    try:
        instance = filter_(**numbers)
    except ValueError:
        instance = plain
    texts = {}
    for reason, rule in rules.items():
        value = getattr(instance, reason, None)
        texts[reason] = rule.words(getattr(plain, reason, None) if is_off(value) else value)
    return texts


def _is_file(rules: Mapping[str, Any], key: str) -> bool:
    return key in rules and rules[key].files


def default_of(filter_: type) -> Any:
    """Return a filter with its defaults; None if it needs settings."""
    try:
        return filter_()
    except (TypeError, ValueError):
        return None


def schema() -> dict[str, Any]:
    """Return the JSON schema of an entry of a recipe's `filters`: a name, or one with settings."""
    schemas = {name: _settings_schema(filter_) for name, filter_ in sorted(filters().items())}
    return {
        "anyOf": [
            {"enum": [*schemas]},
            {"type": "string", "pattern": _CODE, "description": "package.module:attribute"},
            {
                "type": "object",
                "properties": schemas,
                "patternProperties": {_CODE: {"type": ["object", "null"]}},
                "additionalProperties": False,
            },
        ]
    }


def _settings_schema(filter_: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if is_dataclass(filter_):
        result = TypeAdapter(filter_).json_schema()
    rules = bounds(filter_)
    for name, about in result.get("properties", {}).items():
        about.pop("title", None)
        if about.get("default") == BY_VARIANT:
            del about["default"]
        if name in rules:
            about["description"] = rules[name].words(about.get("default", "so many"))
    about_it = (inspect.getdoc(filter_) or "").partition("\n\n")[0].replace("\n", " ")
    return result | {"type": ["object", "null"], "description": about_it}


def modules() -> Iterator[ModuleType]:
    """Yield the modules of this package, in the order of their names."""
    package = importlib.import_module("curate.filters")
    for name in _names_in(tuple(package.__path__)):
        yield importlib.import_module(f"{package.__name__}.{name}")


@cache
def _names_in(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the public modules of folders; a recipe asks several times, and listing takes long."""
    names = (module.name for module in pkgutil.iter_modules(path))
    return tuple(name for name in names if not name.startswith("_"))


def _foreign(name: str, settings: dict[str, Any]) -> object:
    """Return the object of "package.module:attribute"; a factory is called with the settings."""
    module, _, attribute = name.partition(":")
    try:
        target: object = importlib.import_module(module)
        for part in attribute.split("."):
            target = getattr(target, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"filters: {name!r} cannot be imported: {error}") from error
    if callable(target) and (settings or isinstance(target, type) or _takes_nothing(target)):
        return _make(name, target, settings)
    if settings:
        raise ValueError(f"filters: {name!r} is finished and takes no settings, got {settings!r}")
    return target


def _takes_nothing(function: Callable[..., object]) -> bool:
    """Return whether a function can be called without arguments: then it is a factory, no judge."""
    try:
        inspect.signature(function).bind()
    except (TypeError, ValueError):
        return False
    return True


def _make(name: str, factory: Callable[..., Any], settings: dict[str, Any]) -> object:
    try:
        inspect.signature(factory).bind(**settings)
    except TypeError as error:
        known = list(_settings_of(factory))
        unknown = next((key for key in settings if key not in known), None)
        near = difflib.get_close_matches(str(unknown), known, n=1, cutoff=0.5)
        what = f"there is no setting {unknown!r}" if is_dataclass(factory) and unknown else error
        hint = f"; {near[0]} is one" if near else ""
        raise ValueError(f"filter {name!r}: {what}{hint}; known: {', '.join(known)}") from error
    try:
        return factory(**settings)
    except ValidationError as error:
        mistakes = "; ".join(_mistake(detail) for detail in error.errors())
        raise ValueError(f"filter {name!r}: {mistakes}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"filter {name!r}: {error}") from error


def _mistake(detail: Any) -> str:
    """Return a pydantic error as `setting: expected …, got …`."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    key = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].replace("Input should be", "expected")
    return f"{key}: {message}, got {detail['input']!r:.80}"


def _settings_of(factory: Callable[..., Any]) -> Iterable[str]:
    if is_dataclass(factory):
        return [field.name for field in fields(factory) if field.init]
    return inspect.signature(factory).parameters or ("none",)


def _as_steps(name: str, filter_: object) -> list[Step]:
    list_steps = getattr(filter_, "steps", None)
    steps = (
        [filter_]
        if isinstance(filter_, Step)
        else list_steps()
        if callable(list_steps)
        else filter_
    )
    if isinstance(steps, Sequence) and all(isinstance(step, Step) for step in steps):
        return list(steps)
    if callable(filter_):
        return [judge(filter_, name=name)]
    label = f"filter {name!r}" if name else "filters"
    raise ValueError(
        f"{label}: expected a name, a function of a text, a Step or a list of them, got {filter_!r}"
    )
