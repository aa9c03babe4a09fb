"""Where Spark finds the format `warc` by itself: `spark.read.format("warc").load(path)`.

From version 4.0 on Spark looks through the top-level modules named pyspark_* for a `DefaultSource`,
with the Python of its driver, at the first use of a format in a JVM.
"""

from curate._lazy import listing
from curate.spark.datasource import WarcDataSource as DefaultSource

__all__ = ["DefaultSource"]
__dir__ = listing(__name__, __all__)
