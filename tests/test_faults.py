"""The table of faults: what is injected there happens as promised; a row that does not is seen."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import faults  # noqa: E402
from fault_rows.table import Outcome, Row, carried_out  # noqa: E402


@pytest.mark.parametrize(
    ("kinds", "every"),
    [
        (("recipe", "input", "archive", "table"), 12),
        pytest.param(("recipe", "archive"), 3, marks=pytest.mark.slow),
        pytest.param(("transport",), 4, marks=pytest.mark.slow),
    ],
)
def test_no_row_falls_short(kinds, every):
    """All rows of all kinds take longer: `python benchmarks/faults.py`."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks/faults.py", *kinds, f"--every={every}"],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    short = [line for line in done.stdout.splitlines() if line.endswith("falls short |")]
    assert (done.returncode, short) == (0, []), done.stderr[-2_000:]
    assert " rows, 0 fall short, " in done.stdout


def test_every_row_is_told_from_the_others():
    rows = faults.rows([])
    assert len(rows) >= 140
    assert len({(row.kind, row.injected) for row in rows}) == len(rows)


def raises(_):
    raise KeyError("x")


SHORT = {
    "an answer that is another": (lambda _: Outcome("other", False), "other"),
    "an error": (raises, "KeyError at test_faults.py:"),
    "the end of its process": (lambda _: os._exit(3), "the process ended with 3"),
    "no end": (lambda _: time.sleep(99), "no end after 0.5 s"),
}


@pytest.mark.parametrize(("check", "told"), SHORT.values(), ids=SHORT)
def test_a_row_that_falls_short_is_seen(tmp_path, monkeypatch, check, told):
    monkeypatch.setattr("fault_rows.table.SECONDS", 0.5 if told.startswith("no end") else 60)
    done = carried_out(Row("kind", "a | b", "nothing", check), tmp_path)
    assert not done.outcome.holds
    assert done.outcome.happened.startswith(told)
    assert faults.line(done).startswith("| kind | a \\| b | nothing | ")
    assert faults.line(done).endswith(" | falls short |")


def test_a_row_that_holds_is_seen(tmp_path):
    done = carried_out(Row("kind", "a", "b", lambda _: Outcome("c", True, 0, True)), tmp_path)
    assert faults.line(done).startswith("| kind | a | b | c | 0 | same | ")
    assert faults.line(done).endswith(" |  |")
