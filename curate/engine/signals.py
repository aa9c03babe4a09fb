"""Ctrl-C and SIGTERM during a run: raised where they arrive, and once more at the next step.

Python raises a signal's exception in whatever the main thread executes. In a destructor, or in a
callback of compiled code (LLVM's, while a kernel is loaded), the exception is printed and dropped:
then the run would go on to its end.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPS = (signal.SIGINT, signal.SIGTERM)


def stop_of(number: int) -> BaseException:
    """Return what a signal raises: its exit code is that of a shell."""
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)


@contextmanager
def raised_again() -> Iterator[Callable[[], None]]:
    """Handle STOPS while the block lasts; yield a check that raises one that was dropped.

    The first signal is raised and recorded, later ones are ignored, so that what ends the run is
    not cut short. The check, and the end of the block, raise it again. Without effect outside the
    main thread.
    """
    received: list[int] = []

    def handle(number: int, _: object) -> None:
        received.append(number)
        for sig in STOPS:
            signal.signal(sig, signal.SIG_IGN)
        raise stop_of(number)

    def check() -> None:
        if received:
            raise stop_of(received[0])

    try:
        before = {sig: signal.signal(sig, handle) for sig in STOPS}
    except ValueError:  # not the main thread
        yield check
        return
    try:
        yield check
        check()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
