"""Duplicates: exact now, each later kind in its own file."""
