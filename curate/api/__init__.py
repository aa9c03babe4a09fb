"""Functions of `import curate`: run a recipe, plan it, read a run; judge and measure texts."""
