"""A first recipe for the files of a folder: what they are, told by their content."""
