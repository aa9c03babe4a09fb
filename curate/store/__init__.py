"""Files on disk and object stores: I/O, keys, schemas, commits, documents, the ledger."""
