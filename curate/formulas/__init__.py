"""Formulas as one line of LaTeX: from MathML, TeX as pages and wikis hold it, ASCIIMath."""
