"""Looking after a store: its documents by id or path, whether it is whole, and indexing it anew."""
