"""The list of stages, the run and the plan over it, the choice of an engine."""
