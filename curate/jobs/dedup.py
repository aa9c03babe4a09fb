"""spark-submit jobs/dedup.py RECIPE [--out OUT] [--work WORK]: the recipe up to dedup."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["dedup", *sys.argv[1:]])
