"""What lies on disk: files and stores, keys, schemas, commits, documents, the ledger."""
