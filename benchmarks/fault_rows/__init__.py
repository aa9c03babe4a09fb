"""Rows of `benchmarks/faults.py`, one module per kind; each has a tuple ROWS."""
