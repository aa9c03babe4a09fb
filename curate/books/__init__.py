"""EPUB and Project Gutenberg texts to plain text."""
