"""Settings of a run that its recipe does not have: folders, engine, progress callbacks."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.spark.types import SparkSession

log = logging.getLogger("curate")
Counts = Callable[[], tuple[int, int]]  # -> tasks done, tasks in all
# (names of the stages in order, counts) -> what shows progress while its block lasts
Show = Callable[[Sequence[str], Counts], AbstractContextManager[None]]


def _no_progress(_: Sequence[str], __: Counts) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is made. The defaults are those of a caller in Python.

    out, work: folders or URLs; None: those of the recipe. spark: a session of the caller's, which
    is left as it is. master, conf, app_name: of a session to be started. show: shows progress.
    handle_signals: whether Ctrl-C and SIGTERM end the process, as in a command.
    """

    out: str | None = None
    work: str | None = None
    engine: str = "auto"
    spark: "SparkSession | None" = None
    master: str | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    against: Sequence[str] = ()
    sample: float | None = None
    take_over: bool = False
    log: Callable[[str], None] = log.info
    on_progress: Callable[[str, str], None] = lambda *_: None
    show: Show = _no_progress
    app_name: str = "curate"
    handle_signals: bool = False
