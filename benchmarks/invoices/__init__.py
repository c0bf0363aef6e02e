"""Generated invoices: what they say, how they look, and the fitting of the weights that read them."""
