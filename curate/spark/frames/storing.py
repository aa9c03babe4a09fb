"""Frames that are used more than once: cached for a while, or stored as rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame

Hold = Callable[[DataFrame], DataFrame]


@contextmanager
def cached() -> Iterator[Hold]:
    """Yield a function that caches a frame until the block ends."""
    frames: list[DataFrame] = []

    def hold(frame: DataFrame) -> DataFrame:
        frames.append(frame.persist())
        return frame

    try:
        yield hold
    finally:
        for frame in reversed(frames):
            frame.unpersist()


def stored(frame: DataFrame) -> DataFrame:
    """Return a frame of the rows themselves, which stay on the executors while it is referenced.

    Spark plans a frame from its beginning, even one that is cached: after a few rounds, of which
    each uses the ones before twice and more, planning would never end.
    """
    return frame.localCheckpoint()
