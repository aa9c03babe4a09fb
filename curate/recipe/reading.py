"""Load and validate a recipe: parse YAML, validate, resolve paths; errors by key.

Input: a file, or data and the folder that its paths are relative to. Output: a `Recipe`, or a
`RecipeError` with one line for each mistake: the key, what was expected, what was got.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from curate.errors import RecipeError
from curate.recipe.fields import NAME, Section
from curate.recipe.layers import (
    EXTENDS,
    folder_of,
    layer_of_settings,
    layers_of,
    merge,
    name_of,
    read_file,
)
from curate.recipe.model import Recipe
from curate.recipe.paths import with_absolute_paths
from curate.recipe.renamed import RENAMED
from curate.recipe.yaml_loader import MAX_DIGITS
from curate.store.urls import hide_secrets

LONGEST_LINE = 600  # characters of one mistake: a value may be anything


def load(path: str | Path, *, allow_code: bool = False, settings: Sequence[str] = ()) -> Recipe:
    """Return the validated recipe; its paths are resolved against its folder.

    Args:
        allow_code: whether it may name code (`module:attribute`), which then runs at once.
        settings: `KEY=VALUE`s that go over what it says, such as "mix.tokens=1e9".

    Raises:
        RecipeError: it is missing, not YAML, or invalid; one line for each mistake.
    """
    return parse(
        read_file(str(path)),
        folder_of(str(path)),
        name=hide_secrets(str(path)),
        allow_code=allow_code,
        settings=settings,
    )


def parse(
    content: dict[str, Any],
    folder: Path,
    *,
    name: str = "recipe",
    allow_code: bool = False,
    settings: Sequence[str] = (),
) -> Recipe:
    """Return the validated recipe of data; see `load`."""
    layers = [*layers_of(content, folder, name=name, allow_code=allow_code)]
    if settings:
        layers.append(layer_of_settings(settings, allow_code=allow_code))
    try:
        return Recipe.model_validate(merge(layers), context={"allow_code": allow_code})
    except ValidationError as error:
        lines = (f"{name_of(loc, layers)}: {line}" for loc, line in _lines(error.errors()))
        raise RecipeError("\n".join(lines)) from error
    except ValueError as error:
        raise RecipeError(f"{name}: {hide_secrets(str(error))[:LONGEST_LINE]}") from error


def lines_of(error: ValidationError) -> list[str]:
    """Return the lines of a mistake in a section of a recipe, in the words of `parse`."""
    return [line for _, line in _lines(error.errors())]


def absolute(recipe: Recipe, folder: Path) -> Recipe:
    """Return a recipe that was made in Python, its paths absolute against a folder."""
    data = recipe.model_dump(exclude_unset=True)
    return Recipe.model_validate(with_absolute_paths(data, folder), context={"allow_code": True})


# Pydantic's names of the types it tried, among keys; and prefixes of its messages.
_TYPE = re.compile(
    r"\[key\]|str|int|float|bool|Benchmark"
    r"|(?:constrained|dict|tuple|list|literal|function|nullable)\b.*"
)
_SHOULD = re.compile(r"^(?:String|List|Tuple|Dictionary) should ")
# What was expected, by pydantic's type of a mistake; others are said in pydantic's words.
_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "keys with values",
    "tuple_type": "a list",
    "list_type": "a list",
    "too_short": "at least one",
}
_NUMBERS = {"a whole number": "5_000, 1e9 or 10B", "a number": "0.25, 1e9 or 10B"}


def _loc(mistake: Any) -> tuple[int | str, ...]:
    """Return the path of keys to a mistake, without pydantic's names of the types it tried.

    Where a value may be one of several types, as an entry of filters, pydantic names each.
    """
    keys = enumerate(mistake["loc"])
    named = mistake["loc"][:1] == ("sources",)  # a source may have the name of a type
    return tuple(part for at, part in keys if (named and at == 1) or not _TYPE.fullmatch(str(part)))


def _lines(mistakes: Sequence[Any]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield (place, line) of each key with a mistake, except parents of a key that is reported."""
    by_loc: dict[tuple[int | str, ...], list[Any]] = {}
    for mistake in mistakes:
        by_loc.setdefault(_loc(mistake), []).append(mistake)
    for loc, key_mistakes in by_loc.items():
        if not any(len(p) > len(loc) and p[: len(loc)] == loc for p in by_loc):
            line = _line(".".join(str(key)[:80] for key in loc), key_mistakes)
            yield loc, line if len(line) < LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."


def _line(key: str, mistakes: Sequence[Any]) -> str:
    """Return the mistakes of one key as `key: expected … or …, got …`."""
    mistake = mistakes[0]
    if mistake["type"] == "extra_forbidden" and key in RENAMED:
        return f"{key}: is now {RENAMED[key]}"
    if mistake["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(mistake["loc"][-1]), _known(mistake["loc"]), n=1)
        return f"{key}: unknown key{f'; {near[0]} is one' if near else ''}"
    if mistake["type"] == "missing":
        return f"{key}: missing"
    if mistake["type"] == "value_error":
        text = str(mistake["ctx"]["error"])
        if not key or text.startswith(f"{key}: "):
            return text
        inner = text.partition(": ")[0]  # a section says which of its keys is wrong
        return f"{key}.{text}" if inner in _known([*mistake["loc"], ""]) else f"{key}: {text}"
    messages = [_expected(item) for item in mistakes]
    message = " or ".join([messages[0], *(line.removeprefix("expected ") for line in messages[1:])])
    return f"{key}: {message}, got {_shown(mistake['input'])}"


def _expected(mistake: Any) -> str:
    """Return `expected …` of one mistake."""
    kind, value = mistake["type"], mistake["input"]
    if kind == "model_type":
        return f"expected settings, such as {{{_known([*mistake['loc'], ''])[0]}: …}}"
    if kind == "string_pattern_mismatch" and mistake["ctx"]["pattern"] == NAME:
        return "expected a name of lower-case letters, digits, - and _"
    wanted = _EXPECTED.get(kind)
    if wanted is None:
        text = _SHOULD.sub("expected to ", mistake["msg"])
        return text.replace("Input should be", "expected")
    if isinstance(value, str) and wanted in _NUMBERS:
        return f"expected {wanted}, such as {_NUMBERS[wanted]}"
    is_word = isinstance(value, str) and re.fullmatch(r"[\w./*-]{1,40}", value)
    return (
        f"expected a list, such as [{value}]"
        if wanted == "a list" and is_word
        else (f"expected {wanted}")
    )


def _shown(value: object) -> str:
    """Return a value for a message, shortened and printable, in YAML's words."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        return f"a number of more than {MAX_DIGITS} digits"
    text = hide_secrets(repr(value[:100] if isinstance(value, str | list | tuple) else value))
    return text if len(text) < 80 else text[:77] + "..."


def _known(loc: Sequence[int | str]) -> list[str]:
    """Return the valid keys at the place of an invalid one."""
    section: type[Section] = Recipe
    for key in loc[:-1]:
        if field := section.model_fields.get(str(key)):
            section = next(_sections(field.annotation), section)
    return [*section.model_fields, *([EXTENDS] if section is Recipe else [])]


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """Yield the sections of a recipe in a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)
