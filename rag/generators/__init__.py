"""The models that write, behind one interface."""
