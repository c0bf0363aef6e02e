"""Training the model that reads."""
