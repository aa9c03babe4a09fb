"""spark-submit jobs/mix.py RECIPE [--out OUT] [--work WORK]: the recipe up to mix."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["mix", *sys.argv[1:]])
