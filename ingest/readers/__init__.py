"""Bytes to text: a registry of formats, and a module for each that needs one."""
