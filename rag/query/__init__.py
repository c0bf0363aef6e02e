"""From a message to the queries that are searched for: one pass."""
