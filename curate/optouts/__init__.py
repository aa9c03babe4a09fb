"""Opt-outs from machine learning: of hosts in well-known files, of pages in headers and meta."""
