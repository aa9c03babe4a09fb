"""The README's lines on a cluster: a master, two workers that have a bare Python, the same bytes.

The workers start in another folder, with an environment of their own, and their `python3` finds
no package. It takes minutes, so it runs where CURATE_TEST_CLUSTER is set: `make test-cluster`.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pyspark
import pytest
from pipeline.runs import SCRIPTS, TIMEOUT_SECONDS, assert_same, started

from curate.spark.java import java_home
from curate.spark.settings import QUICK

ROOT = Path(__file__).resolve().parents[2]
SPARK = Path(pyspark.__file__).parent
FAST = tuple(f"--conf={key}={value}" for key, value in QUICK.items())

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("CURATE_TEST_CLUSTER"), reason="make test-cluster"),
]


def bare_python():
    """Return a Python of this minor version that has none of our packages, or skip."""
    lacks = "import sys\ntry:\n import pyarrow\nexcept ImportError: print(*sys.version_info[:2])"
    version = f"{sys.version_info[0]} {sys.version_info[1]}\n"
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (f"/usr/bin/{name}", f"/usr/local/bin/{name}", sys._base_executable):
        if Path(python).exists():
            done = subprocess.run(
                [python, "-c", lacks], capture_output=True, text=True, env={}, cwd="/"
            )
            if done.stdout == version:
                return python
    pytest.skip(f"no {name} without packages on this machine")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    """Start a master and two workers of one core; yield the master's URL, end them all."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "python3").symlink_to(bare_python())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    scrubbed = {
        "PATH": f"{bin_}:/usr/bin:/bin",
        "JAVA_HOME": str(java_home().home),
        "SPARK_HOME": str(SPARK),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "HOME": str(elsewhere),
    }
    port, page = free_port(), free_port()
    deploy = "org.apache.spark.deploy"
    host = ["--host", "127.0.0.1", "--webui-port"]
    spark_class = ["env", "-i", *(f"{k}={v}" for k, v in scrubbed.items()),
                   "sh", "-c", f'cd {shlex.quote(str(elsewhere))} && exec "$@"', "sh",
                   str(SPARK / "bin/spark-class")]  # fmt: skip
    master = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        lines = [[f"{deploy}.master.Master", *host, str(page), "--port", str(port)]]
        for number in range(2):
            folder = str(elsewhere / f"worker-{number}")
            size = ["--cores", "1", "--memory", "1g", "--work-dir", folder]
            lines.append([f"{deploy}.worker.Worker", *host, "0", *size, master])
        both = [stack.enter_context(started([*spark_class, *line])) for line in lines]
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while workers(page) != 2:
            said = "\n".join(output() for _, output in both)
            assert all(process.poll() is None for process, _ in both), said
            assert time.monotonic() < deadline, said
            time.sleep(0.5)
        yield master


def workers(page):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
            return json.load(answer)["aliveworkers"]
    except OSError:
        return 0


def readme_lines():
    """Return the README's lines for a cluster, as a shell script."""
    fenced = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.DOTALL)
    (found,) = [block for block in fenced if "--archives" in block]
    return found


def test_the_same_bytes_as_on_one_machine(reference, tmp_path, cluster):
    alone = reference
    out, fast = tmp_path / "out", shlex.join(FAST)
    script = (
        readme_lines()
        .replace("spark://host:7077", f"{cluster} --conf spark.executor.memory=900m {fast}")
        .replace("recipe.yaml", shlex.quote(str(alone.recipe)))
        .replace("s3://bucket/corpus", shlex.quote(str(out)))
        .replace("s3://bucket/work", shlex.quote(str(out / "_work")))
    )
    with started(
        ["bash", "-euxc", f"cd {shlex.quote(str(tmp_path))}\n{script}"],
        {"PATH": f"{SCRIPTS}:{os.environ['PATH']}", "SPARK_LOCAL_IP": "127.0.0.1"},
    ) as (process, output):
        assert process.wait(2 * TIMEOUT_SECONDS) == 0, output()[-5000:]
    assert_same(out, alone.out)
    logs = list((tmp_path / "elsewhere").glob("worker-*/app-*/*/stderr"))
    assert len({log.parents[2] for log in logs}) == 2, "both workers had a part in it"
    for worker in {log.parents[2] for log in logs}:
        assert list(worker.glob("app-*/*/environment/curate/cli")), "from the archive"
