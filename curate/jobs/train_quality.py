"""spark-submit jobs/train_quality.py RECIPE [--out OUT] [--work WORK]: its classifier trained."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["train-quality", *sys.argv[1:]])
