"""Stored evaluations: figures, weak spots, comparison, failures."""
