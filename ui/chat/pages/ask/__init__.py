"""The conversation, its sources, and the page before the first question."""
