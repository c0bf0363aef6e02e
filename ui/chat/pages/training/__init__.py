"""Training runs: asked for, watched, compared, put to use."""
