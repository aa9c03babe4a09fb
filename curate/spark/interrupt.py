"""Handling of Ctrl-C and SIGTERM with a JVM: deferred while it starts, then raised once."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseServer

from pyspark import accumulators

from curate.engine.signals import STOPS, stop_of


def end_on_interrupt(stopped: list[int]) -> None:
    """Have STOPS put their number into `stopped` and raise what `stop_of` returns, once.

    Spark's own handler asks the JVM to cancel jobs, in the middle of another question, which
    ends in tracebacks. For a command, which ends then; in a shell one would go on. Without
    effect but in the main thread. A terminal interrupts the JVM, too: a call into it may fail for
    that before KeyboardInterrupt comes, so any error after a signal is that signal's.
    """

    def interrupt(number: int, _: object) -> None:
        stopped.append(number)
        for sig in STOPS:
            signal.signal(sig, signal.SIG_IGN)  # what ends now must not be cut short
        logging.getLogger("py4j").setLevel(logging.CRITICAL + 1)  # it reports what else is raised
        raise stop_of(number)

    logging.getLogger().addFilter(_not_about_interrupts)
    for server in vars(accumulators).values():
        if isinstance(server, type) and issubclass(server, BaseServer):
            server.handle_error = _say_nothing  # type: ignore[method-assign,assignment]
    with suppress(ValueError):
        for number in STOPS:
            signal.signal(number, interrupt)


def _not_about_interrupts(record: logging.LogRecord) -> bool:
    """Distinguish py4j's report of a KeyboardInterrupt, which it also raises, from all others."""
    return not str(record.msg).startswith("KeyboardInterrupt while")


def _say_nothing(*_: object) -> None:
    """Take the place of a traceback from Spark's server for accumulators, which we have none of.

    It is what its thread says when the JVM, interrupted too, ends before Python does.
    """


@contextmanager
def held_back() -> Iterator[None]:
    """Hold STOPS back: a JVM that is being started has no name yet by which to end it."""
    received: list[object] = []
    try:
        before = {sig: signal.signal(sig, lambda *_: received.append(None)) for sig in STOPS}
    except ValueError:  # not the main thread, which alone is interrupted
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt
