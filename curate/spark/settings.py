"""Spark properties that suit curation, each with its reason."""

import re
import sys
import tempfile
from types import MappingProxyType

import pyspark

# Settings that change output: they override a cluster's defaults.
MEANING = MappingProxyType(
    {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # an overflow is an error, never a null
    }
)

# Wherever Spark runs, unless told otherwise.
EVERYWHERE = MappingProxyType(
    {
        # What a Python worker holds at once. Spark's 64 MiB of text become some 300 as objects.
        "spark.sql.execution.arrow.maxBytesPerBatch": str(4 << 20),
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
        "spark.python.worker.faulthandler.enabled": "true",  # a native crash says where
        "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
    }
)

# In this machine's threads only. Adaptive execution stays on: on the smallest of runs it makes
# no difference (24.7 against 23.8 seconds of the JVM's processor time), on skew it does.
LOCAL = MappingProxyType(
    {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "localhost",  # no wait for a name server, no port to the outside
        "spark.driver.bindAddress": "127.0.0.1",
    }
)

# Workers of this machine's threads, however Spark was started: see there for what it spares. On
# macOS a process that has loaded the system's libraries may not fork.
DAEMON = MappingProxyType(
    {"spark.python.daemon.module": "curate.spark.daemon"} if sys.platform == "linux" else {}
)

# For runs of a minute or less, tests among them: `session(settings=QUICK)`. Two mapInArrow, a
# join and an aggregation on 1,000 rows cost the JVM 13.5 instead of 24.5 seconds of processor
# time, start included. Six million rows cost 13 % more to sort and write, 9 % more to aggregate
# and 70 % more to send to Python and back (Spark 4.3, Java 21, 2 cores). Tried besides, without
# effect: no whole-stage code generation, no adaptive execution, the launcher's own JVM options.
# A class archive (CDS) took 12 seconds to make and was refused for its class path.
QUICK = MappingProxyType(
    {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
)

MOST_PATH = 60  # bytes of the folder for sockets; a whole path may have 108, of which Spark adds 42


def sockets() -> dict[str, str]:
    """Return the properties for Unix sockets between the JVM and its Python workers.

    Over TCP every task waits 40 ms for an acknowledgement that is delayed. None before Spark 4.1,
    on Windows, and where the path of the folder for temporary files is too long for a socket.
    """
    version = tuple(map(int, re.findall(r"\d+", pyspark.__version__)[:2]))
    folder = tempfile.gettempdir()
    if version < (4, 1) or sys.platform == "win32" or len(folder.encode()) > MOST_PATH:
        return {}
    return {
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.python.unix.domain.socket.dir": folder,
    }
