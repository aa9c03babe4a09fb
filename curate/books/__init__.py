"""E-books to plain text: EPUB, MathML, Project Gutenberg."""
