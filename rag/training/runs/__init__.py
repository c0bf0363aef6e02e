"""The loop, its checkpoints and the folder of a run, the same for every kind of model."""
