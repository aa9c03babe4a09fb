"""Ctrl-C: one line, nothing of Spark's left, and the command it names goes on from there."""

import logging
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

from curate.engine.signals import STOPS
from curate.spark.interrupt import end_on_interrupt
from curate.spark.settings import QUICK

FAST = tuple(f"--conf={key}={value}" for key, value in QUICK.items())


@pytest.mark.slow
def test_an_interrupt_ends_everything_and_says_how_to_go_on(reference, tmp_path):
    out = tmp_path / "out"
    line = [*command(reference.recipe, out, "--engine=spark", "--master=local[2]", *FAST)]
    with started([*line, "--fresh"]) as (process, output):
        wait_until(lambda: bool(receipts(out / "_work", "extract")), process, output)
        relatives = family(process)
        assert "java" in {one.name() for one in relatives}
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole group
        assert process.wait(TIMEOUT_SECONDS) == 130, output()
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


def test_each_signal_is_raised_once_with_its_exit_code():
    """A SIGTERM in the midst of a call into the JVM ends as one, whatever the call makes of it."""
    stopped = []
    before = {number: signal.getsignal(number) for number in STOPS}
    try:
        for number, raised in ((signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)):
            end_on_interrupt(stopped)
            with pytest.raises(raised) as left:
                signal.raise_signal(number)
            assert getattr(left.value, "code", 130) == 128 + number
            assert {signal.getsignal(one) for one in STOPS} == {signal.SIG_IGN}
    finally:
        logging.getLogger("py4j").setLevel(logging.NOTSET)
        for number, handler in before.items():
            signal.signal(number, handler)
    assert stopped == [signal.SIGTERM, signal.SIGINT]
