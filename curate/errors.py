"""Errors that callers catch; imports nothing."""


class RecipeError(ValueError):
    """A recipe or an option is invalid; the message has one line for each mistake."""
