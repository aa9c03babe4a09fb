"""The stages of a run, one module each, written for any engine (`curate.engine.verbs`)."""
