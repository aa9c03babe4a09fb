"""Functions on the caller's own DataFrames; `curate.spark` has their names."""
