"""Does a passage support a sentence? Rules first, then a score or a trained model."""
