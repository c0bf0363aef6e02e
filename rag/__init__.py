"""Questions to answers, and everything that is measured, trained and kept for them."""
