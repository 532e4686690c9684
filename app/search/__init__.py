"""Finding and matching: the engine port, the embedded engine behind it, Vietnamese text, documents and the indexer."""
