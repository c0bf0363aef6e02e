"""Forms beside their values, put right and accepted, and out as a table."""
