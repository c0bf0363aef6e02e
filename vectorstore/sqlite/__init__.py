"""The embedded store: one SQLite file that holds everything, in transactions, with checksums."""
