"""Which kind of answer a question wants."""
