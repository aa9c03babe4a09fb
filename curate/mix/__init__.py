"""Mixing: token weights to copies of documents, documents to shards."""
