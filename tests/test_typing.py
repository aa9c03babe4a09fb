"""mypy strict on scripts as users write them, one for each door: what it takes, what it refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typing"


def mypy(*names, cache):
    """Return the lines of mypy strict, without this project's settings."""
    line = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}",
            *(str(FOLDER / name) for name in names)]  # fmt: skip
    return subprocess.run(line, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.slow
def test_users_scripts(tmp_path):
    right = ("door.py", "frames.py", "job.py", "plugins.py")
    lines = mypy(*right, "wrong.py", cache=tmp_path)
    own = [line for line in lines if "/typing/" in line and ": error: " in line]
    assert [line for line in own if "wrong.py" not in line] == []
    wanted = {
        number: found[1]
        for number, line in enumerate((FOLDER / "wrong.py").read_text().splitlines(), 1)
        if (found := re.search(r"# error: (.*)", line))
    }
    told = {int(line.split(":")[1]): line for line in own}
    assert told.keys() == wanted.keys(), "\n".join(lines)
    for number, text in wanted.items():
        assert text in told[number]
