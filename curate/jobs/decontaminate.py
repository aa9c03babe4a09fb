"""spark-submit jobs/decontaminate.py RECIPE [--out OUT] [--work WORK]:
the recipe up to the documents without benchmark texts.
"""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["decontaminate", *sys.argv[1:]])
