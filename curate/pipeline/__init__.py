"""The stages in order: what a run does, what a plan says it would."""
