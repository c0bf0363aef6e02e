"""Measurements, side by side with the alternative, on data that is named when they run."""
