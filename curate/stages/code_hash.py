"""A stage's code as a hash: of its module and of all it imports from this package.

Comments, docstrings and layout do not count. Imports count wherever they stand, in functions too; a
package that looks its modules up by name counts with all of them; a module that opens files of the
package counts with the data files beside it. Other distributions count by their versions, which
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
# What does not change any output, and why. A name covers what is below it.
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
NAMES = "curate"  # `import curate` alone: names for users, which no stage looks up there
_BY_NAME = ("import_module", "lazily", "iter_modules", "find_spec")  # calls that import by a name
_DATA = ("__file__", "resources")  # names that a module which reads package data has


def code_of(module: str, but: Iterable[str] = ()) -> dict[str, str]:
    """Return a hash for each module and data file that a module's work depends on.

    Args:
        but: modules or packages that are left out besides EXEMPT.
    """
    left_out = frozenset((*EXEMPT, *but))
    found: dict[str, str] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        if name in found or name == NAMES or _is_below(name, left_out):
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
            parts = one.split(".")  # the packages above are imported first
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
