"""Rules on text, one paper a file."""
