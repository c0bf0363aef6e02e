"""Greetings and thanks told from questions, and what the desk says to them."""
