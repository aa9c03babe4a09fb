"""spark-submit jobs/decontaminate.py RECIPE [--out OUT] [--work WORK]:
the recipe up to decontaminate.
"""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["decontaminate", *sys.argv[1:]])
