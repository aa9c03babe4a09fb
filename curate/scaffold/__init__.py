"""A first recipe for the files of a folder, whose kinds are detected by content."""
