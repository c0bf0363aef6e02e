"""The worker program, and what does the jobs of each lane: the one room that knows every kind of work."""
