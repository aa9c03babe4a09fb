"""A recipe from a file: YAML read, checked, its paths made absolute; mistakes told by their key.

Enters: a file, or plain data and the folder its paths start at. Leaves: a `Recipe`, or a
`RecipeError` with one line for each mistake, naming the key, what was expected, what was got.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from curate.errors import RecipeError
from curate.recipe.decontaminate import Benchmark, Decontaminate
from curate.recipe.dedup import Dedup, Lines
from curate.recipe.extract import Extract
from curate.recipe.filter import Language, with_paths
from curate.recipe.mix import Mix, Output
from curate.recipe.part import Part
from curate.recipe.quality import Quality
from curate.recipe.source import Source
from curate.recipe.whole import Recipe
from curate.store import io


def load(path: str | Path) -> Recipe:
    """Return the checked recipe; paths in it are made absolute against its folder.

    Raises:
        RecipeError: it is missing, no YAML, or says what cannot be; one line a mistake.
    """
    try:
        data = io.read_bytes(str(path))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        whole = yaml.load(data, _Loader)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise RecipeError(f"{path}: not YAML: {_where(error)}") from error
    if not isinstance(whole, dict):
        got = "nothing" if whole is None else f"a {type(whole).__name__}"
        raise RecipeError(f"{path}: expected keys and values, got {got}")
    folder = io.local_path(str(path)).absolute().parent if io.is_local(str(path)) else Path.cwd()
    return parse(whole, folder, name=str(path))


def parse(whole: dict[str, Any], folder: Path, *, name: str = "recipe") -> Recipe:
    """Return the checked recipe of plain data; see `load`."""
    try:
        recipe = Recipe.model_validate(_anchored(whole, folder))
    except ValidationError as error:
        lines = [f"{name}: {line}" for line in _lines(error.errors())]
        raise RecipeError("\n".join(lines)) from error
    sources = {
        key: source.model_copy(
            update={
                name: tuple(io.absolute(one, folder) for one in getattr(source, name))
                for name in ("path", "urls", "index")
            }
        )
        for key, source in recipe.sources.items()
    }
    update: dict[str, Any] = {"sources": sources}
    places = {key: getattr(recipe.output, key) for key in ("path", "work")}
    absolute = {key: io.absolute(place, folder) for key, place in places.items() if place}
    against = tuple(io.absolute(place, folder) for place in recipe.dedup.against)
    update["dedup"] = recipe.dedup.model_copy(update={"against": against})
    update["output"] = recipe.output.model_copy(update=absolute)
    if recipe.language and recipe.language.model:
        model = io.absolute(recipe.language.model, folder)
        update["language"] = recipe.language.model_copy(update={"model": model})
    if recipe.decontaminate:
        several = [
            b.model_copy(update={"path": tuple(io.absolute(one, folder) for one in b.path)})
            for b in recipe.decontaminate.each()
        ]
        update["decontaminate"] = recipe.decontaminate.model_copy(
            update={"benchmarks": tuple(several)}
        )
    if recipe.quality and not recipe.quality.trained:
        model = io.absolute(recipe.quality.model, folder)
        update["quality"] = recipe.quality.model_copy(update={"model": model})
    if "/" in recipe.mix.tokenizer or recipe.mix.tokenizer.endswith(".json"):
        tokenizer = io.absolute(recipe.mix.tokenizer, folder)
        update["mix"] = recipe.mix.model_copy(update={"tokenizer": tokenizer})
    return recipe.model_copy(update=update)


# How pydantic names what it tried, among keys; and how it begins to say what it wants.
_TYPE = re.compile(
    r"\[key\]|str|int|Benchmark|(?:constrained|dict|tuple|list|literal|function)\b.*"
)
_SHOULD = re.compile(r"^(?:String|List|Tuple|Dictionary) should ")


class _Loader(yaml.SafeLoader):
    """Reads plain data, and refuses a key that stands twice: YAML would forget the first."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    problem = f"expected each key once, got {key.value} again"
                    raise yaml.composer.ComposerError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return node


def _anchored(whole: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return plain data with the files that filters name made absolute: they are read at once."""
    entries = whole.get("filters")
    if not isinstance(entries, list):
        return whole
    return {**whole, "filters": with_paths(entries, lambda path: io.absolute(path, folder))}


def _where(error: yaml.YAMLError) -> str:
    """Return what is wrong with a text that is no YAML, and where, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _place(mistake: Any) -> tuple[int | str, ...]:
    """Return the keys that lead to a mistake, without the names of the types that were tried.

    Where a value may be one of several types, as an entry of filters, pydantic names each.
    """
    keys = enumerate(mistake["loc"])
    named = mistake["loc"][:1] == ("sources",)  # a source may be called as a type
    return tuple(part for at, part in keys if (named and at == 1) or not _TYPE.fullmatch(str(part)))


def _lines(mistakes: Sequence[Any]) -> Iterator[str]:
    """Yield a line for each place with a mistake, but for wholes of which a part is told."""
    by_place: dict[tuple[int | str, ...], list[Any]] = {}
    for mistake in mistakes:
        by_place.setdefault(_place(mistake), []).append(mistake)
    for place, several in by_place.items():
        if not any(len(p) > len(place) and p[: len(place)] == place for p in by_place):
            yield _line(".".join(map(str, place)), several)


def _line(key: str, mistakes: Sequence[Any]) -> str:
    """Return the mistakes of one place as `key: expected … or …, got …`."""
    mistake = mistakes[0]
    if mistake["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(mistake["loc"][-1]), _known(mistake["loc"]), n=1)
        return f"{key}: unknown key{f'; {near[0]} is one' if near else ''}"
    if mistake["type"] == "missing":
        return f"{key}: missing"
    if mistake["type"] == "value_error":
        said = str(mistake["ctx"]["error"])
        return said if not key or said.startswith(f"{key}: ") else f"{key}: {said}"
    messages = [_SHOULD.sub("expected to ", one["msg"]) for one in mistakes]
    messages = [one.replace("Input should be", "expected") for one in messages]
    messages = [one.removesuffix(" or instance of Benchmark") for one in messages]
    message = " or ".join([messages[0], *(one.removeprefix("expected ") for one in messages[1:])])
    shown = repr(mistake["input"])
    return f"{key}: {message}, got {shown if len(shown) < 80 else shown[:77] + '...'}"


def _known(place: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand where one stands that may not."""
    parts: dict[int | str, type[Part]] = {
        "sources": Source,
        "extract": Extract,
        "language": Language,
        "dedup": Dedup,
        "lines": Lines,
        "quality": Quality,
        "decontaminate": Decontaminate,
        "benchmarks": Benchmark,
        "mix": Mix,
        "output": Output,
    }
    named = [parts[part] for part in place[:-1] if part in parts]
    return list((named[-1] if named else Recipe).model_fields)
