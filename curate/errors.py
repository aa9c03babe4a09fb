"""The errors that callers catch; light to import."""

__all__ = ["RecipeError"]


class RecipeError(ValueError):
    """A recipe, or an option, that cannot be run; its text has one line for each mistake."""
