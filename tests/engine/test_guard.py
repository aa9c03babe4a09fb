"""Calls that end their process: one call lost, written down, and never made again."""

import ctypes
import os
import signal
from multiprocessing import get_context

import pytest

from curate.engine import guard
from curate.engine.guard import CHILD_BYTES, CRASHED, TOO_SLOW, Guard, attempt

HOG = CHILD_BYTES * 2


def work(what):
    """Do what is asked for: the worst a page can do to an extractor."""
    if what == "abort":
        os.abort()
    if what == "segfault":
        ctypes.string_at(0)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "spin":
        while True:
            pass
    if what == "hog":
        return len(bytearray(HOG))
    if what == "raise":
        raise ValueError(what)
    return what.upper()


def guarded(**settings):
    return Guard(work, lambda why: f"<{why}>", guarded=True, **settings)


# what is called -> the answer
CASES = {
    "a": "A",
    "abort": f"<{CRASHED}>",
    "segfault": f"<{CRASHED}>",
    "killed": f"<{CRASHED}>",
    "spin": f"<{TOO_SLOW}>",
    "hog": f"<{CRASHED}>",
}


@pytest.fixture
def quiet():
    """Keep what the C library says of a dying child out of the tests' own output."""
    import faulthandler

    was = faulthandler.is_enabled()
    faulthandler.disable()
    yield
    if was:
        faulthandler.enable()


@pytest.mark.usefixtures("quiet")
def test_a_guarded_call_costs_itself_only():
    told = []
    one = guarded(seconds=0.3, record=lambda *what: told.append(what))
    calls = [what for bad in CASES for what in ("x", bad)]
    answers = [one(key, what) for key, what in enumerate(calls)]
    one.close()
    assert answers == [CASES.get(what, "X") for what in calls]
    fell = [(key, CASES[what][1:-1]) for key, what in enumerate(calls) if what not in ("a", "x")]
    assert told == fell
    assert one.fallbacks == len(fell)


def test_who_is_known_to_fall_is_not_tried():
    def never(what):
        raise AssertionError(what)

    for child in (False, True):
        one = Guard(never, str.upper, known_failures={7: CRASHED}, guarded=child)
        assert one(7, "anything") == CRASHED.upper()
        one.close()


def test_what_a_function_raises_is_raised_here():
    one = guarded()
    with pytest.raises(ValueError, match="raise"):
        one(1, "raise")
    assert one(2, "b") == "B"
    one.close()


def test_without_guard_there_is_a_timer_around_the_call_only():
    seen = []
    one = Guard(lambda: seen.append(signal.getitimer(signal.ITIMER_PROF)[0]), str, seconds=50)
    one(1)
    assert 40 < seen[0] <= 50.1
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def one_attempt(folder, unit, calls, answers=None):
    with attempt(folder, unit, work, lambda why: f"<{why}>", seconds=0.3) as call:
        result = [call(key, what) for key, what in calls]
    if answers is not None:
        answers.extend(result)


def died(folder, unit, calls):
    """Return the exit code of an attempt in a process of its own."""
    child = get_context("fork").Process(target=one_attempt, args=(folder, unit, calls))
    child.start()
    child.join()
    return child.exitcode


@pytest.mark.usefixtures("quiet")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_attempt_that_died_is_followed_by_a_guarded_one(tmp_path):
    folder = str(tmp_path)
    calls = [(10, "a"), (11, "abort"), (12, "b"), (13, "spin"), (14, "c")]
    assert died(folder, "u", calls) == -signal.SIGABRT
    assert died(folder, "v", [(20, "spin")]) == -signal.SIGPROF
    answers = []
    one_attempt(folder, "u", calls, answers)
    assert answers == ["A", f"<{CRASHED}>", "B", f"<{TOO_SLOW}>", "C"]
    assert guard.read_failures(folder) == {11: CRASHED, 13: TOO_SLOW}
    # The dead one's mark stays; the one that ended has taken its own away.
    assert len(list((tmp_path / "attempts" / "u").iterdir())) == 1
    assert died(folder, "another", [(11, "abort"), (13, "spin")]) == 0, "known: not tried"


def test_an_attempt_that_ends_leaves_no_mark(tmp_path):
    for calls in ([(1, "a")], [(1, "raise")]):
        try:
            one_attempt(str(tmp_path), "u", calls)
        except ValueError:
            assert calls == [(1, "raise")]
        assert list(tmp_path.rglob("*")) == [tmp_path / "attempts", tmp_path / "attempts" / "u"]


def test_an_attempt_of_one_unit_says_nothing_of_others(tmp_path):
    folder = str(tmp_path)
    died(folder, "u", [(1, "killed")])
    with attempt(folder, "v", work, str) as call:
        assert not call._guarded
    with attempt(folder, "u", work, str) as call:
        assert call._guarded
