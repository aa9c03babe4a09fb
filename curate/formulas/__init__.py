"""Formulas as one line of LaTeX: from MathML, TeX in pages and wikis, ASCIIMath."""
