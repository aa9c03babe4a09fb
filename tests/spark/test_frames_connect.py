"""The functions on DataFrames of Spark Connect, with a server in a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from warc.archives import archive, response

from curate.spark.java import java_home

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    find_spec("grpc") is None or find_spec("grpc_status") is None,
    reason="Spark Connect needs grpcio and grpcio-status: pip install 'pyspark[connect]'",
)


def test_functions_work_through_connect(tmp_path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(archive([response(n) for n in range(3)])[0])
    environment = os.environ | {
        "JAVA_HOME": str(java_home().home),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *filter(None, sys.path)]),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_TESTING": "1",  # the server takes a port that is free
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "on_connect.py"), str(path)],
        capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["all through Connect"], done.stderr[-4_000:]
