"""Rows of `benchmarks/faults.py`, a module a kind; each has a tuple ROWS."""
