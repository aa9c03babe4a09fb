"""A daemon for Spark's Python workers that imports their modules before it forks them.

Output: worker processes, for as long as Spark asks for some. Spark's own daemon loads
nothing before it forks; so every worker spends a second or two on the same imports, and after
each task its garbage collector goes through them. Of the 67 seconds of processor time of a run
on 268 records (2 cores, 4 workers) workers took 37; with this and `batches.settle` it is 6.
"""

import gc
import importlib
import sys
from importlib.machinery import PathFinder

# Their imports are those of all stages; pandas and the worker are what Spark adds.
LOADED = ("pandas", "pyspark.worker", "curate.pipeline.specs", "curate.spark.engine")


def main() -> None:
    """Load, then serve as `pyspark.daemon` does.

    Loading pyarrow starts one thread, jemalloc's, which it starts again in a forked child; that
    threads could be lost is why Spark loads nothing.
    """
    _leave_zips()
    for name in LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # no garbage collection looks at what is loaded
    daemon = importlib.import_module("pyspark.daemon")
    daemon.manager()


def _leave_zips() -> None:
    """Have pyspark imported from its folder, where there is one, and not from Spark's archive.

    Each worker reads the archive's directory again for each package it took from there.
    """
    rest = [path for path in sys.path if not path.endswith(".zip")]
    if all(PathFinder.find_spec(name, rest) for name in ("pyspark", "py4j")):
        for path in set(sys.path) - set(rest):
            sys.path_importer_cache.pop(path, None)
        sys.path[:] = rest


if __name__ == "__main__":
    main()
