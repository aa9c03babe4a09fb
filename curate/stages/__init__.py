"""The stages of a run, one a file; each is written once, in the verbs of an engine."""
