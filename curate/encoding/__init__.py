"""Bytes to text: labels of encodings, detection where there is none."""
