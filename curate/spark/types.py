"""Types of pyspark that signatures outside of this folder name."""

from pyspark.sql import SparkSession

from curate._lazy import listing

__all__ = ["SparkSession"]
__dir__ = listing(__name__, __all__)
