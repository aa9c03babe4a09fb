"""spark-submit jobs/extract.py RECIPE [--out OUT] [--work WORK]: the recipe up to extract."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["extract", *sys.argv[1:]])
