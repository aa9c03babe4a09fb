"""Storage: file I/O, object stores, keys, schemas, commits, documents, the ledger."""
