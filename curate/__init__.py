"""Pretraining corpora from web crawls, by the recipe of GPT-2 and GPT-3.

Importing this package needs neither Spark nor Java. Single filters live in
`curate.filters`; whole runs are started by the command `curate` or by spark-submit.
"""

__version__ = "0.1.0"
