"""Near-duplicates in partitions: which task sends what to which."""
