"""Kernels of our extractor: compiled loops over arrays of code points, nodes and lines."""
