"""Files to documents: found, read in a guarded process, cut into chunks, embedded and published."""
