"""Finding passages for a query, and putting them in order."""
