"""The embedded generator: what it is trained on, and how well it writes."""
