"""Documents in and out, what is being done with them, and whether all is whole."""
