"""Spark: the engine's verbs, session, Java, packed environment; all imports of pyspark."""
