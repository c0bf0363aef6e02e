"""Fitted numbers as data, with the fingerprints of the models they were fitted to, and what fits them."""
