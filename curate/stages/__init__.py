"""The stages of a run, one a file, each written once in the verbs of an engine."""
