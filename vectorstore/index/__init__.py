"""The base index: vectors in immutable, hashed files beside the store, rebuilt from it when missing."""
