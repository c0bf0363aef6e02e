"""Models made smaller: written in fewer bits, and measured against each other."""
