"""Passages that documents share: exact runs of bytes, found by hashes and verified on the texts.

`windows` says which parts of texts may be equal, `groups` which are, `boundaries` where a text is
cut. `find` does all of it in memory.
"""
