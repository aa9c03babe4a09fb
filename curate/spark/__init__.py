"""Spark: functions on DataFrames; the engine's verbs, session, Java; all imports of pyspark.

    import curate.spark as cs
    kept = frame.transform(cs.judge, "gopher_quality").transform(cs.keep)

Each function takes a DataFrame and returns one. They read the named columns, change no
setting of the session, start and stop none, and pass all other columns through. Each is imported
at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from curate._lazy import listing
from curate.extras import refuse_old_spark

if TYPE_CHECKING:
    from curate.spark.frames.contamination import decontaminate
    from curate.spark.frames.copies import deduplicate, duplicates
    from curate.spark.frames.mixing import mix
    from curate.spark.frames.quality import pareto, score, train_quality
    from curate.spark.frames.rows import (
        extract,
        identify_language,
        judge,
        keep,
        measure,
        read_warc,
    )

__all__ = [
    "decontaminate",
    "deduplicate",
    "duplicates",
    "extract",
    "identify_language",
    "judge",
    "keep",
    "measure",
    "mix",
    "pareto",
    "read_warc",
    "score",
    "train_quality",
]

_HOMES = {
    "decontaminate": "contamination",
    "deduplicate": "copies",
    "duplicates": "copies",
    "extract": "rows",
    "identify_language": "rows",
    "judge": "rows",
    "keep": "rows",
    "measure": "rows",
    "mix": "mixing",
    "pareto": "quality",
    "read_warc": "rows",
    "score": "quality",
    "train_quality": "quality",
}

refuse_old_spark()


__dir__ = listing(__name__, __all__)

if not TYPE_CHECKING:  # a type checker knows the names above, and no others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.frames.{_HOMES[name]}"), name)
