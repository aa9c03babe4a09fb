"""Processes that do tasks: one that dies is replaced and its task redone; none outlives the run."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from curate.engine import pool as pools
from curate.engine.pool import ATTEMPTS, Pool, inline
from curate.engine.verbs import TaskFailedError

TESTS = str(Path(__file__).parents[1])
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def pool():
    pool = Pool(2)
    yield pool
    pool.close()


def answers(pool, tasks):
    """Return the answers by number; every task is answered once, and counted once."""
    done = []
    result = list(pool.run(tasks, lambda: done.append(1)))
    assert sorted(number for number, _ in result) == list(range(len(tasks)))
    assert len(done) == len(tasks)
    return [answer for _, answer in sorted(result)]


def square(number):
    return number * number


def this_process():
    return os.getpid()


def after(path, answer):
    """Answer once a file is there."""
    while not os.path.exists(path):  # noqa: PTH110
        pass
    return answer


def making(path, answer):
    Path(path).write_text("")
    return answer


def dying(folder, times, how):
    """End the process the first `times` times; then return how often it has ended."""
    attempts = len(list(Path(folder).iterdir()))
    if attempts >= times:
        return attempts
    (Path(folder) / f"{attempts}").write_text("")
    return how()


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def exited():
    os._exit(3)


def failing():
    raise ValueError("expected more, got less")


class OddError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def failing_oddly():
    raise OddError("this", "that")


def unsendable():
    return lambda: None


def test_tasks_are_answered_in_other_processes(pool):
    assert answers(pool, [partial(square, n) for n in range(20)]) == [n * n for n in range(20)]
    assert answers(pool, []) == []
    pids = set(answers(pool, [this_process] * 8))
    assert os.getpid() not in pids
    assert len(pids) <= 2
    assert set(answers(pool, [this_process] * 8)) <= pids, "processes are used again"


def test_answers_come_as_tasks_end(pool, tmp_path):
    path = str(tmp_path / "made")
    result = list(pool.run([partial(after, path, "a"), partial(making, path, "b")], lambda: None))
    assert sorted(result) == [(0, "a"), (1, "b")]  # the first ends only when the second has


def test_tasks_in_this_process():
    done = []
    result = inline([this_process, partial(square, 3)], lambda: done.append(1))
    assert list(result) == [(0, os.getpid()), (1, 9)]
    assert len(done) == 2


@pytest.mark.parametrize("how", [killed, exited])
def test_the_task_of_a_process_that_dies_is_done_by_another(pool, tmp_path, how):
    before = set(answers(pool, [this_process] * 8))
    tasks = [partial(dying, str(tmp_path), ATTEMPTS - 1, how)]
    tasks += [partial(square, n) for n in range(5)]
    assert answers(pool, tasks) == [ATTEMPTS - 1, 0, 1, 4, 9, 16]
    after_ = set(answers(pool, [this_process] * 8))
    assert after_ - before
    assert not any(psutil.pid_exists(pid) for pid in before - after_)


DEATHS = {
    "killed": (killed, r"ended by SIGKILL \(out of memory, or killed by hand\), 4 times"),
    "exited": (exited, "ended with exit code 3, 4 times"),
}


@pytest.mark.parametrize(("how", "message"), DEATHS.values(), ids=DEATHS)
def test_a_task_that_no_process_outlives_fails(pool, tmp_path, how, message):
    with pytest.raises(TaskFailedError, match=message):
        list(pool.run([partial(dying, str(tmp_path), 99, how)], lambda: None))
    assert len(list(tmp_path.iterdir())) == ATTEMPTS == 4
    assert answers(pool, [partial(square, 3)]) == [9], "others can be done"


def test_an_idle_process_that_dies_is_replaced(pool):
    idle = [psutil.Process(pid) for pid in set(answers(pool, [this_process] * 8))]
    for process in idle:
        process.kill()
    assert psutil.wait_procs(idle, timeout=TIMEOUT_SECONDS)[1] == []
    assert answers(pool, [partial(square, n) for n in range(4)]) == [0, 1, 4, 9]


@pytest.mark.parametrize("times", [1, ATTEMPTS])
def test_the_server_of_processes_may_be_killed_while_one_is_started(monkeypatch, times):
    """multiprocessing then raises EOFError."""
    left = [EOFError()] * times
    start = pools.CONTEXT.Process.start

    def failing_at_first(process):
        if left:
            raise left.pop()
        start(process)

    monkeypatch.setattr(pools.CONTEXT.Process, "start", failing_at_first)
    pool = Pool(1)
    if times < ATTEMPTS:
        assert answers(pool, [partial(square, 3)]) == [9]
    else:
        with pytest.raises(TaskFailedError, match=r"no worker could be started, 4 times: EOFError"):
            list(pool.run([partial(square, 3)], lambda: None))
    pool.close()


def test_an_error_is_raised_as_it_was_with_its_traceback(pool):
    with pytest.raises(ValueError, match="expected more, got less") as raised:
        list(pool.run([failing], lambda: None))
    assert "in failing" in raised.value.details
    assert "test_pool.py" in raised.value.details
    assert answers(pool, [partial(square, 3)]) == [9]


def test_an_error_that_cannot_be_sent_is_told(pool):
    with pytest.raises(TaskFailedError, match="OddError: this and that") as raised:
        list(pool.run([failing_oddly], lambda: None))
    assert "in failing_oddly" in raised.value.details


def test_an_answer_that_cannot_be_sent_is_an_error(pool):
    with pytest.raises(Exception, match=r"(?i)pickle"):
        list(pool.run([unsendable], lambda: None))
    assert answers(pool, [partial(square, 3)]) == [9]


def test_after_an_error_nothing_stays_at_work(tmp_path):
    pool = Pool(2)
    pids = set(answers(pool, [this_process] * 8))
    with pytest.raises(ValueError, match="expected more"):
        list(pool.run([partial(after, str(tmp_path / "never"), 0), failing], lambda: None))
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert answers(pool, [partial(square, 3)]) == [9]
    pool.close()
    assert not pool._workers


PROGRAM = """
import sys, time
sys.path.insert(0, {tests!r})
from engine.test_pool import this_process
from curate.engine.pool import Pool

pool = Pool(2)
print(*{{pid for _, pid in pool.run([this_process] * 8, lambda: None)}}, flush=True)
if sys.argv[1:]:
    time.sleep(600)
"""


@pytest.mark.parametrize("killed_", [False, True], ids=["at its end", "killed"])
def test_processes_end_when_the_one_that_started_them_does(killed_):
    line = [sys.executable, "-c", PROGRAM.format(tests=TESTS), *(["wait"] if killed_ else [])]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert pids
        if killed_:
            below = psutil.Process(parent.pid).children(recursive=True)
            assert {process.pid for process in below} >= set(pids)
            parent.kill()
        else:
            below = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
        assert parent.wait(TIMEOUT_SECONDS) == (-signal.SIGKILL if killed_ else 0)
        assert psutil.wait_procs(below, timeout=TIMEOUT_SECONDS)[1] == []
