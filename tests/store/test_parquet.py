"""Arrow is never left with a file of Python's when the process ends."""

import ast
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import curate
from curate.store.parquet import open_parquet

READS = {"pq.read_table", "pq.read_schema", "pq.ParquetFile"}

HELD = """
import threading, time
import fsspec
from curate.store.parquet import open_parquet

fsspec.filesystem("memory").pipe("/a.parquet", b"PAR1")
with open_parquet("memory://a.parquet") as file:
    held = [file]
del file

def let_go():
    time.sleep(0.3)
    held.clear()
    print("let go", flush=True)

threading.Thread(target=let_go, daemon=True).start()
"""


def test_a_local_file_is_opened_by_arrow(tmp_path):
    table = pa.table({"a": [1, 2]})
    pq.write_table(table, tmp_path / "a.parquet")
    with open_parquet(str(tmp_path / "a.parquet")) as file:
        assert type(file) is pa.OSFile
        assert pq.read_table(file).equals(table)
    assert file.closed


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError), open_parquet(str(tmp_path / "none.parquet")):
        pass


def test_the_end_of_the_process_waits_for_other_files():
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "let go\n", "")


def _opened(tree: ast.FunctionDef) -> set[str]:
    """Return the names of files in a function that `open_parquet` has opened, here or above."""
    given = {
        one.arg for one in tree.args.args if one.annotation and "IO[" in ast.unparse(one.annotation)
    }
    return given | {
        item.optional_vars.id
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
        and ast.unparse(item.context_expr.func) == "open_parquet"
        and isinstance(item.optional_vars, ast.Name)
    }


def _reads(function: ast.FunctionDef) -> list[ast.Call]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) in READS]


def test_parquet_is_read_from_files_opened_so():
    result = []
    for path in Path(curate.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        if not any(name in text for name in READS):
            continue
        for function in (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)):
            opened = _opened(function)
            result += [(path.name, call, opened) for call in _reads(function)]
    assert len(result) > 15
    others = [
        (name, ast.unparse(call))
        for name, call, opened in result
        if ast.unparse(call.args[0]) not in opened
        and not ast.unparse(call.args[0]).startswith("pa.BufferReader(")  # bytes, not a file
    ]
    assert others == []
