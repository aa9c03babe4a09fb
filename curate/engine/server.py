"""The server process that worker processes are forked from (`multiprocessing`'s forkserver).

It imports what workers need, once; started early, it imports in parallel with its parent.
"""

import signal
import sys
from collections.abc import Sequence
from multiprocessing import forkserver, get_context

CONTEXT = get_context("forkserver") if sys.platform == "linux" else get_context("spawn")


def start_server(preload: Sequence[str]) -> None:
    """Start the server unless it runs; it imports the pool and the modules to preload."""
    if sys.platform != "linux":
        return
    CONTEXT.set_forkserver_preload(["curate.engine.pool", *preload])
    # Until it ignores Ctrl-C, which its parent handles, the server inherits this mask.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
