"""Models trained on a person's own data, resumable to the bit."""
