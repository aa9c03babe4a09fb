"""Shards to tokens: what trainers read without a tokenizer; see `curate.pack.files.pack`."""
