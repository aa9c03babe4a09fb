"""Two runs never work in one folder; a run that was killed leaves no lock behind."""

import os
import signal
import subprocess
import sys

import pytest

from curate.recipe import RecipeError
from curate.store.lock import alone_in

HOLD = """
import sys, time
from curate.store.lock import alone_in
with alone_in(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_until_the_first_is_gone(tmp_path):
    work = tmp_path / "work"
    line = [sys.executable, "-c", HOLD, str(work)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "held\n"
        with (
            pytest.raises(RecipeError, match=f"process {first.pid} is at work in {work}: wait"),
            alone_in(str(work)),
        ):
            pass
        first.send_signal(signal.SIGKILL)
    with alone_in(str(work)):
        assert (work / ".lock").read_text() == str(os.getpid())
    with alone_in(str(work)):  # and again
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(RecipeError, match=r"output\.work: .* be written to, got .*/file/work \(Not"),
        alone_in(str(tmp_path / "file" / "work")),
    ):
        pass


def test_remote_folders_are_not_held():
    with alone_in("s3://bucket/work"), alone_in("s3://bucket/work"):
        pass
