"""The measure and the bound of the rule that dropped a text."""

from collections.abc import Sequence

from curate.filters.settings import bounds
from curate.steps import Document, Step
from curate.text.blocks import Block


def measure_and_bound(
    steps: Sequence[Step], text: str, reason: str, blocks: Sequence[Block] | None = None
) -> tuple[float, float] | None:
    """Return the measure and the bound of the rule that gives a reason, None if it has none.

    The text is edited by the steps before the rule, as in the chain. A rule without a number, such
    as one that looks for a word, has neither; nor has a text that is within the bound.

    >>> from curate.filters import find
    >>> measure_and_bound(find("gopher_quality"), "Too few words.", "too_few_words")
    (3.0, 50.0)
    """
    document = Document(text, blocks)
    for step in steps:
        if step.kind == "edit":
            document.edit(step)
            continue
        rule = bounds(type(step.function)).get(reason)
        value = getattr(step.function, reason, None)
        if rule is None or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if hasattr(step.function, "measures"):
            for name, measure in step.function.measures(document.view(step.reads)):
                if name == reason and rule.is_broken(measure, value):
                    return float(measure), float(value)
    return None
