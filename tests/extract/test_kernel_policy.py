"""When compiled kernels are used: compiled once a machine, and not within a page's time limit."""

import signal
import time

import pytest

from curate.extract.combined import kernel_policy


class Kernels:
    """Stands for the module of compiled kernels, for the policy of when to use it."""

    def __init__(self, folder=None, *, kept=False, prepare=lambda: None):
        self.kept, self.compile, self.folder = kept, prepare, lambda: folder

    def are_kept(self):
        return self.kept

    def prepare(self):
        self.compile()
        self.kept = True


STEP, AFTER = kernel_policy.STEP, kernel_policy.COMPILE_AFTER


@pytest.fixture
def process(monkeypatch):
    """Return a function that starts anew, as another process does that has these kernels."""

    def start(module):
        monkeypatch.setattr(kernel_policy, "_policy", kernel_policy._Policy())
        monkeypatch.setattr(kernel_policy, "_loaded", lambda: module)
        return kernel_policy.kernels

    return start


def test_kernels_are_loaded_after_some_pages_and_compiled_after_many(process):
    module = Kernels()
    kernels = process(module)
    assert [kernels(STEP - 1), kernels(1)] == [None, None]  # they would have to be compiled
    assert kernels(AFTER) is module
    kernels = process(Kernels(kept=True))
    assert kernels(STEP - 1) is None
    assert kernels(1) is not None


def test_kernels_that_cannot_be_had_are_not_asked_for_again(process):
    def broken():
        raise TypeError

    kernels = process(Kernels(kept=True, prepare=broken))
    assert [kernels(STEP) for _ in range(3)] == [None] * 3
    kernels = process(None)  # no numba
    assert [kernels(1 << 40) for _ in range(3)] == [None] * 3


def test_processes_compile_once_when_together_they_have_read_enough(process, tmp_path):
    module = Kernels(tmp_path)
    for _ in range(AFTER // STEP - 8):  # short runs, none of which waits for a compiler
        assert process(module)(STEP) is None
    kernels = process(module)
    assert [kernels(STEP) for _ in range(8)] == [None] * 7 + [module]
    assert not (tmp_path / "read_without_kernels").exists()
    other = Kernels(tmp_path)
    kernels = process(other)
    with kernel_policy._locked(tmp_path / "compiling_kernels") as alone:  # by another process
        assert alone
        assert kernels(AFTER) is None
    assert kernels(STEP) is other


def test_compiling_counts_towards_no_page(process):
    def busy():
        stop = time.process_time() + 0.2
        while time.process_time() < stop:
            pass

    rung = []
    before = signal.signal(signal.SIGPROF, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_PROF, 0.1)
        assert process(Kernels(prepare=busy))(AFTER) is not None
        assert 0 < signal.setitimer(signal.ITIMER_PROF, 0)[0] < 0.2  # what was left, or about
    finally:
        signal.signal(signal.SIGPROF, before)
    assert not rung
