"""Wikitext to prose: templates, citations, dates, quantities, tables."""
