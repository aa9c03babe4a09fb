"""The mix: token weights to documents, documents to shards."""
