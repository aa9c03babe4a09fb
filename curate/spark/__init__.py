"""The only room that imports pyspark, besides jobs/."""
