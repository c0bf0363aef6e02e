"""What training added to a generator, and how each engine takes it."""
