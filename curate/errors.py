"""Errors that callers catch; imports nothing."""

__all__ = ["RecipeError"]


class RecipeError(ValueError):
    """A recipe or an option is invalid; the message has one line for each mistake."""
