"""The three verbs of an engine, and the engine that runs on one machine without a JVM."""
