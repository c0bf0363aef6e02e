"""Who asks, and what of the documents they may see: the one place in which rights are decided."""
