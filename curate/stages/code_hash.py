"""Hash of a stage's code: its module and all that it imports from this package, transitively.

Comments, docstrings and layout are ignored. Imports inside functions are included; a package that
looks its modules up by name is included with all of them; a module that opens files of the package
is included with the data files in its folder. Other packages are included by their versions, which
stages name.
"""

import ast
import hashlib
import importlib.util
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

ROOT = "curate"
# Modules that cannot change any output, and why. A name includes its submodules.
EXEMPT = MappingProxyType(
    {
        "curate.engine": "runs the work; all engines give the same bytes",
        "curate.recipe": "settings that change a stage's work are in its input hash",
        "curate.errors": "says what is wrong",
        "curate.extras": "says what to install",
        "curate.stages.stage": "locates and skips work; writes no rows",
        "curate.stages.tallies": "reads back what was written",
        "curate.stages.code_hash": "this hash",
        "curate.store.ledger": "compares sums",
        "curate.store.commits": "lists what was written; has a format number of its own",
        "curate.store.manifest": "as commits",
        "curate.store.remote": "returns bytes or raises",
        "curate.store.io": "returns bytes or raises",
    }
)
NAMES = "curate"  # `import curate` itself: names for users, which no stage uses
_BY_NAME = ("import_module", "lazily", "iter_modules", "find_spec")  # calls that import by name
_DATA = ("__file__", "resources")  # names used in modules that read package data
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_CACHED = 4096  # sources whose facts are kept
_changed: list[str] = []  # sources read by this process that the cache did not have


class Facts(NamedTuple):
    """What a module's source says.

    digest: of its code without comments and docstrings. modules: imported ones, and names given to
    functions that import. members: what is imported from where, each a module or something in one.
    finds_modules: whether it calls a function that imports by name. reads_data: whether it may
    read files of the package.
    """

    digest: str
    modules: list[str]
    members: list[tuple[str, str]]
    finds_modules: bool
    reads_data: bool


def code_of(module: str, but: Iterable[str] = ()) -> dict[str, str]:
    """Return a hash for each module and data file that a module's work depends on.

    Args:
        but: modules or packages that are excluded in addition to EXEMPT.
    """
    left_out = frozenset((*EXEMPT, *but))
    hashes: dict[str, str] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        if name in hashes or name == NAMES or _is_below(name, left_out):
            continue
        file = _file_of(name)
        if file is None:
            raise ValueError(f"expected a module, got {name!r}")
        digest, imports, reads_data = _read(file, name)
        hashes[name] = digest
        todo += imports
        if reads_data:
            for data in _data_beside(file):
                hashes[f"{name}/{data.relative_to(file.parent).as_posix()}"] = hashlib.sha256(
                    data.read_bytes()
                ).hexdigest()
    if _changed:
        _save_cache()
    return hashes


def _is_below(name: str, packages: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:end]) in packages for end in range(1, len(parts) + 1))


@lru_cache(maxsize=1024)
def _file_of(name: str) -> Path | None:
    """Return the file of a module; None if there is none of this name. Nothing is imported."""
    if name.partition(".")[0] != ROOT:
        spec = importlib.util.find_spec(name)
        return Path(spec.origin) if spec and spec.origin else None
    base = _root().joinpath(*name.split(".")[1:])
    for file in (base.with_suffix(".py") if base != _root() else None, base / "__init__.py"):
        if file is not None and file.is_file():
            return file
    return None


@lru_cache(maxsize=1)
def _root() -> Path:
    return Path(__file__).resolve().parents[1]


@lru_cache(maxsize=1024)
def _read(file: Path, name: str) -> tuple[str, tuple[str, ...], bool]:
    """Return a module's hash, the modules of the package it imports, and whether it reads data."""
    facts = _facts_of(file)
    imports = sorted({module for module in _imports(facts, name, file) if module != name})
    return facts.digest, tuple(imports), facts.reads_data


def _facts_of(file: Path) -> Facts:
    """Return what a file's source says, from the cache of sources read before if it is there."""
    source = file.read_bytes()
    key = hashlib.sha256(source).hexdigest()
    cache = _cached()
    if key not in cache:
        cache[key] = _parse(source)
        _changed.append(key)
    return cache[key]


def _parse(source: bytes) -> Facts:
    """Return a source's facts; every node of its tree is visited once, and once more to dump it."""
    tree = ast.parse(source)
    modules: list[str] = []
    members: list[tuple[str, str]] = []
    by_name: list[str] = []
    finds_modules = reads_data = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                members += [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Call):
            if _called_name(node) in _BY_NAME:
                finds_modules = True
                by_name += [str(argument.value) for argument in node.args if _is_text(argument)]  # type: ignore[attr-defined]
        elif isinstance(node, ast.Name):
            reads_data = reads_data or node.id in _DATA
        elif isinstance(node, _DOCUMENTED):
            _remove_docstring(node)
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return Facts(digest, modules + by_name, members, finds_modules, reads_data)


def _imports(facts: Facts, name: str, file: Path) -> Iterator[str]:
    """Yield the modules of this package that a file imports, and the packages above them."""
    imported = list(facts.modules)
    for module, member in facts.members:
        full_name = f"{module}.{member}"
        imported.append(full_name if _is_ours(full_name) else module)
    if facts.finds_modules and file.name == "__init__.py":
        imported += [f"{name}.{path.stem}" for path in file.parent.glob("*.py")]
    for module in imported:
        if module.endswith(".__init__") or not _is_ours(module):
            continue
        parts = module.split(".")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


@lru_cache(maxsize=1)
def _cached() -> dict[str, Facts]:
    """Return the facts of sources read by earlier processes, by the sources' SHA-256."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        stored = json.loads(_cache_file().read_text())
        if stored["format"] == _format():
            return {key: Facts(**facts) for key, facts in stored["sources"].items()}
    return {}


@lru_cache(maxsize=1)
def _format() -> str:
    """Return a hash of this file, so that cached facts of another version are not used."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _cache_file() -> Path:
    return Path(importlib.util.cache_from_source(__file__)).with_name("code_hash.json")


def _save_cache() -> None:
    """Cache the facts of the sources read next to the bytecode, if that folder is writable."""
    file = _cache_file()
    with suppress(OSError), tempfile.TemporaryDirectory(dir=file.parent) as folder:
        staged = Path(folder, file.name)
        latest = list(_cached().items())[-_CACHED:]
        sources = {key: facts._asdict() for key, facts in latest}
        staged.write_text(json.dumps({"format": _format(), "sources": sources}))
        staged.replace(file)
    _changed.clear()


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == ROOT and _file_of(name) is not None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _called_name(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _remove_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and _is_text(first.value):
        node.body = node.body[1:] or [ast.Pass()]


def _data_beside(file: Path) -> list[Path]:
    return sorted(
        path
        for path in file.parent.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    )
