"""E-books to plain text: EPUB, Project Gutenberg."""
