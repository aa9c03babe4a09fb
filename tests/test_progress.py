"""What is said of a run while it runs: how far, how fast, how long."""

import io
import time

import pytest
from rich.console import Console

from curate.cli import progress
from curate.cli.progress import Watch, show_progress


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch(["extract", "filter"], clock=Clock())


def test_a_stage_has_its_place(watch):
    watch.on_progress("filter", "7 units")
    assert watch.name == "filter [2/2]: 7 units"
    watch.on_progress("signals", "signals")
    assert watch.name == "signals"


LOOKS = {  # (seconds since it began, tasks done, tasks) -> what is said
    "nothing at work": ((75, 0, 0), "1:15"),
    "none done": ((5, 0, 8), "0 of 8, 0:05"),
    "slow": ((10, 2, 8), "2 of 8, 5.0 s each, 0:30 left"),
    "fast": ((10, 2_000, 80_000), "2,000 of 80,000, 200.0/s, 6:30 left"),
    "done": ((10, 8, 8), "8 of 8, 1.2 s each, 0:00 left"),
}


@pytest.mark.parametrize(("look", "told"), LOOKS.values(), ids=LOOKS)
def test_the_pace(watch, look, told):
    watch.on_progress("extract", "")
    watch.clock.now, done, tasks = look
    assert watch.pace((done, tasks)) == told


def test_another_job_of_the_same_stage_has_a_pace_of_its_own(watch):
    watch.on_progress("near", "")
    watch.clock.now = 100
    assert watch.pace((50, 100)) == "50 of 100, 2.0 s each, 1:40 left"
    assert watch.pace((1, 3)) == "1 of 3, 0:00"  # the first look at it: how fast, nobody knows
    watch.clock.now = 110
    assert watch.pace((2, 3)) == "2 of 3, 10.0 s each, 0:10 left"
    watch.on_progress("count", "")
    watch.clock.now = 111
    assert watch.pace((1, 3)) == "1 of 3, 1.0/s, 0:02 left"


def test_without_a_terminal_there_is_a_line_now_and_then(monkeypatch):
    monkeypatch.setattr(progress, "PRINT_SECONDS", 0.1)
    said = io.StringIO()
    watch = Watch(["extract"])
    watch.on_progress("extract", "[x]")
    with show_progress(watch, lambda: (1, 4), Console(file=said), interval=0.01):
        time.sleep(0.35)
    lines = said.getvalue().splitlines()
    assert 2 <= len(lines) <= 4
    assert all(line.startswith("extract [1/1]: [x]: 1 of 4, ") for line in lines)
    assert "\x1b" not in said.getvalue()


def test_on_a_terminal_a_line_moves_and_goes_away():
    said = io.StringIO()
    watch = Watch()
    watch.on_progress("extract", "")
    with show_progress(
        watch, lambda: (1, 4), Console(file=said, force_terminal=True), interval=0.01
    ):
        time.sleep(0.3)
    assert "1 of 4" in said.getvalue()
    assert said.getvalue().endswith("\x1b[2K")


def test_looks_that_fail_end_neither_the_run_nor_the_looking(monkeypatch):
    monkeypatch.setattr(progress, "PRINT_SECONDS", 0.1)
    looks = []

    def starting():
        looks.append(None)
        if len(looks) < 4:
            raise AttributeError("Spark is not there yet")
        return 2, 3

    said = io.StringIO()
    watch = Watch()
    watch.on_progress("extract", "")
    with show_progress(watch, starting, Console(file=said), interval=0.02):
        time.sleep(0.5)
    assert len(looks) > 4
    assert "extract: 2 of 3" in said.getvalue()
