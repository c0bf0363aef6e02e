"""What is known: documents, text, chunks and vectors, kept so that nothing is lost, searched within a scope."""
