"""Types of pyspark that signatures outside of this folder name."""

from pyspark.sql import SparkSession

__all__ = ["SparkSession"]
