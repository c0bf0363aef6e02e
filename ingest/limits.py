"""How much of a file is read at all, and how much of it makes a chunk."""

MAX_FILE_BYTES = 200 * 1024**2
"""A larger file is refused unread."""

CHUNK_TOKENS = 200
"""Heading and text together, unless the model reads less: about a paragraph, so that three fit a small generator's
prompt."""
