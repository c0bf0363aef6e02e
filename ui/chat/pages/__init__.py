"""A folder a page: its Python, its script and its style together."""
