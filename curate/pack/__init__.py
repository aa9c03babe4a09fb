"""Pack shards to token files for trainers; see `curate.pack.files.pack`."""
