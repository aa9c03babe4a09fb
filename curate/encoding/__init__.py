"""Bytes to text: labels of encodings, detection without one."""
