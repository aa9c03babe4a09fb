"""Ctrl-C and SIGTERM: one line, nothing of Spark's left, and the command goes on from there."""

import os
import signal

import pytest
from pipeline.runs import (
    TIMEOUT_SECONDS,
    assert_ended,
    command,
    committed,
    family,
    receipts,
    started,
    wait_until,
)

from curate.spark.settings import QUICK

FAST = tuple(f"--conf={key}={value}" for key, value in QUICK.items())
STOPS = {"Ctrl-C": (signal.SIGINT, 130), "a scheduler's end": (signal.SIGTERM, 143)}


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), STOPS.values(), ids=STOPS)
def test_a_stop_ends_everything_and_says_how_to_go_on(reference, tmp_path, sent, code):
    out = tmp_path / "out"
    line = [*command(reference.recipe, out, "--engine=spark", "--master=local[2]", *FAST)]
    with started([*line, "--fresh"]) as (process, output):
        wait_until(lambda: bool(receipts(out / "_work", "extract")), process, output)
        relatives = family(process)
        assert "java" in {one.name() for one in relatives}
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)  # as a terminal does: the whole group
        else:
            process.send_signal(sent)
        assert process.wait(TIMEOUT_SECONDS) == code, output()
        assert_ended(relatives, output)
        said = output()
    told = said.splitlines()
    again = f"Stopped. To go on where it was: curate run {reference.recipe} --out {out}"
    assert told[-1].startswith(again)
    assert "--fresh" not in told[-1]
    assert "Traceback" not in said
    heads = ("extract: ", "engine: ", "Spark's log: ")
    assert [one for one in told if one.startswith(heads)] == told[:2]
    assert committed(out / "_work") == set()
