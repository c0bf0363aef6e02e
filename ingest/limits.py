"""How much of a file is read at all."""

MAX_FILE_BYTES = 200 * 1024**2
"""A larger file is refused unread."""
