"""Retrieval, fine-tuning and both on the same questions, measured."""
