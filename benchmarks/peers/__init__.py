"""Refdesk beside other ways to answer from documents, on the same passages, with the same models."""
