"""Hash of a stage's code: its module and all that it imports from this package, transitively.

Comments, docstrings and layout are ignored. Imports inside functions are included; a package that
looks its modules up by name is included with all of them; a module that opens files of the package
is included with the data files beside it. Other distributions are included by their versions, which
stages name.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

ROOT = "curate"
# Modules that cannot change any output, and why. A name includes its submodules.
EXEMPT = MappingProxyType(
    {
        "curate.engine": "runs the work, whatever it is; both engines give the same bytes",
        "curate.recipe": "what of a recipe changes a stage's work is in its settings",
        "curate.errors": "says what is wrong",
        "curate.extras": "says what to install",
        "curate.stages.stage": "where work lies and what is skipped; what is written is not its",
        "curate.stages.tallies": "reads back what was written",
        "curate.stages.code_hash": "this hash",
        "curate.store.ledger": "compares sums",
        "curate.store.commits": "lists what was written; has a format number of its own",
        "curate.store.manifest": "as commits",
        "curate.store.remote": "brings bytes or raises",
        "curate.store.io": "brings bytes or raises",
    }
)
_BY_NAME = ("import_module", "lazily", "iter_modules", "find_spec")  # calls that import by name
_DATA = ("__file__", "resources")  # names used in modules that read package data


def code_of(module: str, but: Iterable[str] = ()) -> dict[str, str]:
    """Return a hash for each module and data file that a module's work depends on.

    Args:
        but: modules or packages that are excluded besides EXEMPT.
    """
    left_out = frozenset((*EXEMPT, *but))
    found: dict[str, str] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        if name in found or _is_below(name, left_out):
            continue
        file = _file_of(name)
        if file is None:
            raise ValueError(f"expected a module, got {name!r}")
        digest, imports, reads_data = _read(file, name)
        found[name] = digest
        todo += imports
        if reads_data:
            for data in _data_beside(file):
                found[f"{name}/{data.relative_to(file.parent).as_posix()}"] = hashlib.sha256(
                    data.read_bytes()
                ).hexdigest()
    return found


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
    tree = ast.parse(file.read_bytes())
    imports = tuple(sorted({one for one in _imports(tree, name, file) if one != name}))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    digest = hashlib.sha256(ast.dump(_without_docstrings(tree)).encode()).hexdigest()
    return digest, imports, bool(names.intersection(_DATA))


def _imports(tree: ast.AST, name: str, file: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            several = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            several = [one if _is_ours(one) else node.module for one in whole]
        elif isinstance(node, ast.Call) and _called(node) in _BY_NAME:
            several = [arg.value for arg in node.args if _is_text(arg)]  # type: ignore[attr-defined]
            if file.name == "__init__.py":
                several += [f"{name}.{one.stem}" for one in file.parent.glob("*.py")]
        else:
            continue
        for one in several:
            if one.endswith(".__init__") or not _is_ours(one):
                continue
            yield one
            parts = one.split(".")  # parent packages are imported first
            yield from (".".join(parts[:end]) for end in range(1, len(parts)))


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == ROOT and _file_of(name) is not None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and _is_text(first.value):
                node.body = node.body[1:] or [ast.Pass()]
    return tree


def _data_beside(file: Path) -> list[Path]:
    return sorted(
        path
        for path in file.parent.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    )
