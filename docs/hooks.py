"""mkdocs hooks: tables of settings, reasons, commands and columns, generated from the code.

Input: a page's Markdown, in which `{{ name argument }}` stands for a table. Output: the
same with the tables inserted. An unknown name stops the build, so pages cannot become outdated.
After the build every page is searched for resources that a browser would load from other hosts.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import typer

from curate import cli, recipe
from curate.dedup import SETTINGS
from curate.filters import finding
from curate.languages import profiles
from curate.pipeline.specs import specs
from curate.recipe import json_schema
from curate.recipe.fields import SPELLED
from curate.report.reasons import reasons as all_reasons
from curate.stage_list import STAGES
from curate.store import schema

PACKAGE = Path(__file__).resolve().parents[1] / "curate"
MARK = re.compile(r"\{\{ *(\w+)(?: +([\w.]+))? *\}\}")
# What a browser fetches by itself; links to other sites are for people to follow.
LOADED = {
    "html": re.compile(
        r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//[^>]*"""
        r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon))"""
        r"""[^>]*\bhref=["']?(?:https?:)?//[^>]*""",
        re.IGNORECASE,
    ),
    "css": re.compile(
        r"""@import\s+["']?(?:https?:)?//[^;]*|url\(["']?(?:https?:)?//[^)]*""", re.IGNORECASE
    ),
}


# A JSON schema's types in words.
KINDS = {
    "any": "anything",
    "boolean": "`true`, `false`",
    "integer": "whole number",
    "null": "`null`",
    "number": "number",
    "object": "mapping",
    "string": "string",
}


SIGNS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


class DocumentsError(ValueError):
    """A page uses an unknown table, or loads a resource from another host."""


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the page with its tables; called by mkdocs."""
    return expand(markdown, page.file.src_uri)


def on_post_build(*, config: Any, **_: Any) -> None:
    """Raise DocumentsError if a built page loads something from elsewhere; called by mkdocs."""
    site = Path(config["site_dir"])
    found = [
        f"{path.relative_to(site)}: {hit}"
        for kind in LOADED
        for path in sorted(site.rglob(f"*.{kind}"))
        for hit in loaded_from_elsewhere(path.read_text(encoding="utf-8"), kind)
    ]
    if found:
        raise DocumentsError("expected nothing loaded from elsewhere, got:\n" + "\n".join(found))


def loaded_from_elsewhere(text: str, kind: str) -> list[str]:
    """Return what a browser would load from other hosts for a page (html) or a style (css)."""
    return [hit[0] for hit in LOADED[kind].finditer(text)]


def expand(markdown: str, where: str) -> str:
    """Return a page's Markdown with its generated tables; raises DocumentsError."""

    def table(match: re.Match[str]) -> str:
        name, argument = match[1], match[2]
        if name not in TABLES:
            raise DocumentsError(f"{where}: there is no table {name!r}; known: {', '.join(TABLES)}")
        try:
            return TABLES[name](*[argument] if argument else [])
        except (KeyError, TypeError, AttributeError) as error:
            raise DocumentsError(f"{where}: {match[0]}: {error}") from error

    return MARK.sub(table, markdown)


def rows(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    told = [list(heads), ["---"] * len(heads), *lines]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in told
    )


def settings(part: str) -> str:
    """Return the keys of a part of the recipe: what each may be, its default, its meaning."""
    whole = json_schema.recipe_schema(filters=False)
    described = whole if part == "Recipe" else whole["$defs"][part]
    required = set(described.get("required", ()))
    return rows(
        ("key", "value", "default", "meaning"),
        (
            (
                f"`{key}`",
                value(one),
                "required" if key in required else default(one.get("default")),
                meaning(one, whole["$defs"]),
            )
            for key, one in described["properties"].items()
        ),
    )


def value(one: dict[str, Any]) -> str:
    """Return in words what a JSON schema allows."""
    several = next((one[name] for name in ("anyOf", "oneOf", "allOf") if name in one), None)
    if several is not None:  # that a number may be spelled as text is said once, in the page
        several = [choice for choice in several if choice.get("pattern") != SPELLED]
        beside = {name: bound for name, bound in one.items() if name in SIGNS}
        several = [
            choice | beside if choice.get("type") in ("integer", "number") else choice
            for choice in several
        ]
        return " or ".join(dict.fromkeys(map(value, several)))
    choices = one.get("enum", [one["const"]] if "const" in one else None)
    if choices is not None:
        return ", ".join(f"`{choice}`" for choice in choices)
    if one.get("type") == "array":
        return f"list of {value(one.get('items', {}))}"
    return "see below" if "$ref" in one else KINDS[one.get("type", "any")] + bounds(one)


def bounds(one: dict[str, Any]) -> str:
    """Return the bounds of a number."""
    told = [f"{sign} {one[name]:,}" for name, sign in SIGNS.items() if name in one]
    if "multipleOf" in one:
        told.append(f"a multiple of {one['multipleOf']:,}")
    return f" {', '.join(told)}" if told else ""


def default(given: object) -> str:
    """Return a default as YAML has it."""
    if isinstance(given, dict):
        return "its defaults"
    if isinstance(given, list):
        inner = ", ".join(str(one) if isinstance(one, str) else _short(one) for one in given)
        return f"`[{inner}]`"
    words = {None: "`null`", True: "`true`", False: "`false`"}
    if given is None or isinstance(given, bool):
        return words[given]
    return f"`{given}`"


def _short(one: object) -> str:
    """Return a filter with settings as YAML has it."""
    text = str(one).replace("'", "").replace("True", "true").replace("False", "false")
    return text.replace("None", "null")


def meaning(one: dict[str, Any], parts: dict[str, Any]) -> str:
    """Return a key's description, or that of the part it holds."""
    told = one.get("description")
    if told:
        return str(told)
    for choice in (one, *one.get("anyOf", ()), *one.get("allOf", ())):
        part = parts.get(choice.get("$ref", "").rpartition("/")[2])
        if part:
            return str(part.get("description", ""))
    return ""


def about(part: str) -> str:
    """Return what a part of the recipe is for."""
    return inspect.getdoc(getattr(recipe, part)) or ""


def filter_settings() -> str:
    """Return every filter by its name in a recipe, with its settings and their defaults."""
    return rows(
        ("name", "settings and defaults"),
        (
            (f"`{name}`", "<br>".join(_fields(filter_)) or "none")
            for name, filter_ in sorted(finding.filters().items())
        ),
    )


def _fields(filter_: Any) -> Iterator[str]:
    made = finding.default_of(filter_)
    for field in fields(filter_):
        given = getattr(made, field.name, field.default)
        if field.init:
            yield f"`{field.name}`: {default(_plain(given))}"


def _plain(given: object) -> object:
    """Return a default as plain data: pairs as a mapping's text, tuples as lists."""
    if isinstance(given, tuple):
        if given and all(isinstance(one, tuple) for one in given):
            return "{" + ", ".join(f"{key}: {share}" for key, share in given) + "}"
        return list(given)
    if is_dataclass(given) and not isinstance(given, type):
        return type(given).__name__
    return given


def banding() -> str:
    """Return the named settings for near-duplicates and how many pairs each finds."""
    names = [field.name for field in fields(SETTINGS["default"]) if field.default is not MISSING]
    shown = [name for name in names if name not in ("source", "most_documents")]
    return rows(
        ("settings", *shown, "pairs found, by similarity", "from"),
        (
            (f"`{name}`", *(str(getattr(one, key)) for key in shown), one.curve(), one.source)
            for name, one in SETTINGS.items()
        ),
    )


def reasons(stage: str | None = None) -> str:
    """Return the reasons of a stage, or of all."""
    found = [row for row in all_reasons() if stage in (None, row[0])]
    if not found:
        raise KeyError(f"no reasons of a stage {stage!r}")
    if stage:
        return rows(("reason", "a record ends for it if"), ((f"`{r}`", t) for _, r, t in found))
    return rows(("stage", "reason", "meaning"), ((s, f"`{r}`", t) for s, r, t in found))


def columns(table: str) -> str:
    """Return the columns of a public table."""
    meanings = schema.CORPUS_MEANINGS if table == "CORPUS" else {}
    return columns_of(getattr(schema, table), meanings)


def warc_columns() -> str:
    """Return the columns of the format warc; its module needs pyspark."""
    from curate.spark.datasource import SCHEMA  # noqa: PLC0415

    return columns_of(SCHEMA)


def columns_of(fields_: pa.Schema, meanings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a table of columns, with their meanings if there are some."""
    head = ("column", "type", "may be null", *(["meaning"] if meanings else []))
    return rows(
        head,
        (
            (
                f"`{column.name}`", str(column.type), "yes" if column.nullable else "no",
                *([meanings[column.name]] if meanings else []),
            )
            for column in fields_
        ),
    )  # fmt: skip


def stages() -> str:
    """Return every stage in order: the command that ends with it, its file, what it does."""
    return rows(
        ("stage", "command", "file", "what it does"),
        (
            (
                f"`{spec.name}`",
                f"`curate {listed.command}`",
                f"`{listed.module.replace('.', '/')}.py`",
                listed.about,
            )
            for listed, (_, spec) in zip(STAGES, specs(), strict=True)
        ),
    )


def rooms() -> str:
    """Return every folder of the package with the first sentence of its docstring."""
    folders = sorted(file.parent for file in PACKAGE.glob("*/__init__.py"))
    return rows(
        ("folder", "what is in it"),
        ((f"`curate/{folder.name}/`", _first_line(folder / "__init__.py")) for folder in folders),
    )


def _first_line(file: Path) -> str:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].rstrip(".")


def commands() -> str:
    """Return every command with its arguments and options, as its --help has them."""
    root: Any = typer.main.get_command(cli.app)
    return "\n\n".join(_command(name, one) for name, one in sorted(root.commands.items()))


def _command(name: str, command: Any) -> str:
    told = (
        (
            ", ".join(f"`{opt}`" for opt in one.opts)
            if one.param_type_name == "option"
            else f"`{one.metavar or one.name.upper()}`",
            _help(one),
        )
        for one in command.params
        if one.name != "help"
    )
    parts = [f"## curate {name}", inspect.cleandoc(command.help or "")]
    if command.params:
        parts.append(rows(("argument", "meaning"), told))
    if command.epilog:
        example = command.epilog.removeprefix("Example: ")
        parts.append(f"```sh\n{example}\n```")
    return "\n\n".join(parts)


def _help(one: Any) -> str:
    given = one.default
    shown = given not in (None, False, True) and not callable(given) and given != ()
    told = (one.help or "").replace("\\[", "[")
    return f"{told} Default: `{given}`." if shown and "default" not in told.lower() else told


def languages() -> str:
    """Return what is known of each language."""
    heads = ("code", "script", "words", "characters", "word length", "stop words", "counted on")
    return rows(
        heads,
        (
            (
                f"`{code}`",
                one.script,
                f"{one.words:.2f}",
                f"{one.characters:.2f}",
                f"{one.word_length:.1f}",
                " ".join(one.stop_words[:8]),
                ", ".join(one.sources),
            )
            for code, one in profiles().items()
        ),
    )


TABLES: dict[str, Callable[..., str]] = {
    "about": about,
    "banding": banding,
    "columns": columns,
    "commands": commands,
    "filters": filter_settings,
    "languages": languages,
    "reasons": reasons,
    "rooms": rooms,
    "settings": settings,
    "stages": stages,
    "warc_columns": warc_columns,
}
