"""Every setting: one model, read in one place, changed in one file."""
