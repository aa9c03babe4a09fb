"""Wikitext to prose."""
