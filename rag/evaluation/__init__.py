"""How good the desk is, on question sets and on what people judged."""
