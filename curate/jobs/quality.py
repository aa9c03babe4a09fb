"""spark-submit jobs/quality.py RECIPE [--out OUT] [--work WORK]: the recipe up to quality."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["quality", *sys.argv[1:]])
