"""The pipeline: list of stages, run, plan, choice of engine."""
