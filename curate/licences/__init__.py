"""The licence that a page states for itself."""
