"""Execution engines: the interface (`verbs`), and the local engine without a JVM."""
