"""What was asked and answered, kept while it is made."""
