"""From passages to an answer: decide, quote or write, check, cite."""
