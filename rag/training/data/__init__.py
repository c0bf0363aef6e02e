"""What is learned from: tables, samples, near misses, and what is wrong with them."""
