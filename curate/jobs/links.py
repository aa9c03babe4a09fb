"""spark-submit jobs/links.py PATHS --out FILE_OR_FOLDER: links of dumps of submissions."""

import sys

from curate.cli import main

if __name__ == "__main__":
    main(["links", *sys.argv[1:]])
