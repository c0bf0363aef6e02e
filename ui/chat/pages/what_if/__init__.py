"""A question or a passage changed, to see what follows."""
