"""Training the model that writes: methods, presets, before and after."""
