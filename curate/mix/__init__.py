"""The arithmetic of the mixture: token weights to documents, documents to shards."""
