"""Kernels of our extractor: loops over arrays of code points, nodes and lines, compiled by numba."""
