"""Shards to files of tokens for trainers; see `curate.pack.files.pack`."""
