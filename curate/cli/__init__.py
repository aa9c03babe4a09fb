"""The command `curate`: options, progress, tables on the console, exit codes.

`app` puts the commands together; `stages` has those that run a recipe, `outputs` those that
read what a run left. `options` are those that commands share, `tables` what they print,
`console` the two streams, `exits` the exit codes.
"""

from curate._lazy import listing
from curate.cli.app import app
from curate.cli.console import echo, err, out_, shown
from curate.cli.exits import main
from curate.cli.tables import show_ledger, show_mixture, show_quality, show_recall

__all__ = [
    "app",
    "echo",
    "err",
    "main",
    "out_",
    "show_ledger",
    "show_mixture",
    "show_quality",
    "show_recall",
    "shown",
]
__dir__ = listing(__name__, __all__)
