"""The one service behind every face: what a principal may ask, within a scope."""
