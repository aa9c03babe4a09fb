"""spark-submit jobs/filter.py RECIPE [--out OUT] [--work WORK]: the recipe up to filter."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["filter", *sys.argv[1:]])
