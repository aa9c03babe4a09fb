"""Scripts for spark-submit, one for each command of stages; `curate jobs` prints their paths."""
