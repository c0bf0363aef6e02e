"""The guarded process that reads foreign files: limits, isolation, and who kills it."""
