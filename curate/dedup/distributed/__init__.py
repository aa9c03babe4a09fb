"""Near-deduplication over partitions: tasks and their messages.

The rule is in `curate.dedup.clusters`; `rounds` is its arithmetic, `tasks`, `decisions` and
`outcomes` are the tasks, `flow` their order. No Spark: a shuffle is given.
"""
