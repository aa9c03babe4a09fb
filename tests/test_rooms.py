"""Rooms of the package, and their arrows: who imports whom, never in a circle.

A room is a folder of `curate`, or a module at its top level. An import counts anywhere: at
the head, in a function, for types alone.
"""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "curate"


def modules_of(package):
    """Return {module: file} of all modules of a package; an `__init__` goes by its folder."""
    files = {".".join(file.relative_to(package.parent).with_suffix("").parts): file
             for file in sorted(package.rglob("*.py"))}  # fmt: skip
    return {name.removesuffix(".__init__"): file for name, file in files.items()}


@cache
def nodes_of(text):
    """Return the nodes of a module's text; each is parsed once for all that is asked of it."""
    return tuple(ast.walk(ast.parse(text)))


def imports(file, modules):
    """Yield the modules of the package that a file imports."""
    for node in nodes_of(file.read_text()):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: expected a whole name, got a relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else node.module for name in whole]
        else:
            continue
        yield from (name for name in names if name in modules)


def arrows(package):
    """Return {(room, other room): the imports}."""
    modules = modules_of(package)
    result = {}
    for name, file in modules.items():
        for other in imports(file, modules):
            ends = tuple(".".join(one.split(".")[:2]) for one in (name, other))
            if ends[0] != ends[1]:
                result.setdefault(ends, set()).add(f"{name} imports {other}")
    return result


def circle(package):
    """Return the imports between the rooms of one circle; none, if no arrow runs back."""
    result = arrows(package)
    sorter = TopologicalSorter()
    for room, other in result:
        sorter.add(room, other)
    try:
        sorter.prepare()
    except CycleError as error:
        rooms = set(error.args[1])
        return sorted(
            one for (room, other), several in result.items()
            if {room, other} <= rooms for one in several
        )  # fmt: skip
    return []


def test_no_arrow_runs_back():
    assert circle(PACKAGE) == []


def test_the_floors():
    """The cellar needs nobody; only a run and the commands start Spark; nothing needs a command."""
    into = {}
    for room, other in arrows(PACKAGE):
        into.setdefault(other, set()).add(room)
    cellar = {"curate.errors", "curate.extras", "curate.store.keys"}
    assert {room for room, _ in arrows(PACKAGE)} & cellar == set()
    assert into["curate.spark"] == {"curate.api", "curate.cli"}
    assert into["curate.api"] <= {"curate", "curate.cli"}
    assert into["curate.cli"] == {"curate.__main__", "curate.jobs"}


# Distributions and the one room that imports them.
DOORS = {"pyspark": "curate.spark", "numba": "curate._compiled"}


def foreign(file):
    """Yield the distributions that a file imports, wherever the import stands."""
    for node in nodes_of(file.read_text()):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_every_door_is_the_only_one():
    behind = {name: set() for name in DOORS}
    for module, file in modules_of(PACKAGE).items():
        for name in behind.keys() & set(foreign(file)):
            behind[name].add(".".join(module.split(".")[:2]))
    assert behind == {name: {room} for name, room in DOORS.items()}


# --- sizes -------------------------------------------------------------------------------------

LONG = 400  # lines of a module
LONG_FUNCTION = 50  # lines of a function, less its head and docstring
KERNELS = {"curate.quality.masked_features.symbols": "compiled"} | {
    f"curate.extract.combined.kernels.{name}": decorator
    for name, decorator in {
        "end_tags.end_element": "leaf",
        "lines.finish": "leaf",
        "lines.fill_lines": "leaf",
        "attributes.read_class_and_id": "leaf",
        "attributes.read_names": "leaf",
        "code.code_text": "kernel",
        "nodes.fill_nodes": "leaf",
        "readability.attempt": "kernel",
        "render.write": "kernel",
        "log_odds.block_weights": "kernel",
        "log_odds.log_odds": "kernel",
    }.items()
}  # compiled as one, and their decorator


def functions(file):
    """Yield each function of a file with the lines of its statements."""
    for node in nodes_of(file.read_text()):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first, *rest = node.body
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and rest
            yield node, node.end_lineno - (rest[0] if told else first).lineno + 1


def test_no_module_is_long():
    sizes = {name: len(file.read_text().splitlines()) for name, file in modules_of(PACKAGE).items()}
    assert {name: size for name, size in sizes.items() if size > LONG} == {}


def test_no_function_is_long_but_named_kernels():
    result = {
        f"{module}.{node.name}": [ast.unparse(one) for one in node.decorator_list]
        for module, file in modules_of(PACKAGE).items()
        for node, size in functions(file)
        if size > LONG_FUNCTION
    }
    assert result == {name: [decorator] for name, decorator in KERNELS.items()}


def test_a_long_function_is_seen(tmp_path):
    lines = "".join(f"    x = {n}\n" for n in range(60))
    told = '    """' + "\n" * 60 + '    """\n'
    (tmp_path / "a.py").write_text(f"def long():\n{lines}\n\ndef told():\n{told}    return 1\n")
    assert [(node.name, size) for node, size in functions(tmp_path / "a.py")] == [
        ("long", 60), ("told", 1),
    ]  # fmt: skip


BACK = {
    "at the head": "from package.upper.one import x",
    "of a room": "from package import upper",
    "in a function": "def f():\n    import package.upper.one",
    "for types": "if TYPE_CHECKING:\n    from package.upper import one",
}


@pytest.mark.parametrize("back", BACK.values(), ids=BACK)
def test_an_arrow_back_is_seen(tmp_path, back):
    package = tmp_path / "package"
    for name in ("upper/one", "upper/__init__", "lower/two", "lower/__init__", "__init__"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / f"{name}.py").write_text("")
    (package / "upper" / "one.py").write_text("from package.lower import two\n")
    assert circle(package) == []
    (package / "lower" / "two.py").write_text(back)
    assert any(one.startswith("package.lower.two imports package.upper") for one in circle(package))
