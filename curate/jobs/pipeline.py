"""spark-submit jobs/pipeline.py RECIPE [--out OUT] [--work WORK]: the whole recipe."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["run", *sys.argv[1:]])
