"""Ctrl-C: one line, nothing of Spark's left, and the command it names goes on from there."""

import os
import signal
import time

import psutil
import pytest
from runs import PATIENCE, command, family, receipts, small_recipe, started


@pytest.mark.slow
def test_an_interrupt_ends_everything_and_says_how_to_go_on(tmp_path):
    recipe, out = small_recipe(tmp_path / "small"), tmp_path / "out"
    with started([*command(recipe, out), "--fresh"]) as (process, output):
        deadline = time.monotonic() + PATIENCE
        while not receipts(out / "_work", "extract"):
            assert process.poll() is None, output()
            assert time.monotonic() < deadline, output()
            time.sleep(0.01)
        relatives = family(process)
        assert "java" in {one.name() for one in relatives}
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole group
        assert process.wait(PATIENCE) == 130, output()
        _, alive = psutil.wait_procs(relatives, timeout=10)
        assert not alive, alive
        said = output()
    told = said.splitlines()
    assert told[-1].startswith(f"Stopped. To go on where it was: curate run {recipe} --out {out}")
    assert "--fresh" not in told[-1]
    assert "Traceback" not in said
    assert [line for line in told if line.startswith(("extract: ", "Spark's log: "))] == told[:1]
    assert not list(out.glob("_work/*/*/_commit.json"))
