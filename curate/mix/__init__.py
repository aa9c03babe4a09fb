"""Token weights to documents, documents to shards."""
