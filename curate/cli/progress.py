"""Progress of a run: a live line on a terminal, periodic lines otherwise.

Ours, not rich's columns, because a stage is several jobs whose numbers of tasks are known one by
one: the pace is that of the running job.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console

from curate.cli.console import shown

POLL_SECONDS, PRINT_SECONDS = 0.5, 30.0  # seconds between two looks, and between two plain lines
Counts = tuple[int, int]  # tasks done, tasks in all


@dataclass(slots=True)
class Watch:
    """What is being done, and since when. A run tells `on_progress`; `pace` says how far it is."""

    stages: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    stage: str = ""
    action: str = ""
    since: float = 0.0
    tasks: int = 0
    before: int = 0  # of these tasks were done when `since` was set

    def on_progress(self, stage: str, action: str) -> None:
        """Take note that a stage begins, or goes on to something else."""
        self.stage, self.action, self.since = stage, action, self.clock()
        self.tasks = self.before = 0

    @property
    def name(self) -> str:
        """Return what is being done, with the stage's place among all."""
        position = ""
        if self.stage in self.stages:
            position = f" [{self.stages.index(self.stage) + 1}/{len(self.stages)}]"
        action = f": {self.action}" if self.action not in ("", self.stage) else ""
        return f"{self.stage}{position}{action}"

    def pace(self, now: Counts) -> str:
        """Return how far it is, how fast, and how long it takes at this pace.

        >>> watch = Watch(clock=iter([0.0, 10.0]).__next__)
        >>> watch.on_progress("extract", "12 units")
        >>> watch.pace((4, 12))
        '4 of 12, 2.5 s each, 0:20 left'
        """
        done, tasks = now
        if self.tasks and tasks not in (0, self.tasks):  # another job, at a pace of its own
            self.since, self.before = self.clock(), done
        self.tasks = tasks or self.tasks
        seconds = self.clock() - self.since
        if not tasks:
            return _spoken(seconds)
        progress = f"{done:,} of {tasks:,}"
        if done <= self.before or not seconds:
            return f"{progress}, {_spoken(seconds)}"
        rate = (done - self.before) / seconds
        speed = f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s each"
        return f"{progress}, {speed}, {_spoken((tasks - done) / rate)} left"


def _spoken(seconds: float) -> str:
    """Return hours, minutes and seconds.

    >>> _spoken(7), _spoken(75.4), _spoken(3_700)
    ('0:07', '1:15', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextmanager
def show_progress(
    watch: Watch, counts: Callable[[], Counts], console: Console, *, interval: float = POLL_SECONDS
) -> Iterator[None]:
    """Show the progress of what goes on in the block: a moving line, or lines where nothing moves.

    `counts` is asked from a thread of its own; where it fails, as while Spark ends, nothing is
    shown.
    """
    over = threading.Event()
    show = _live_line if console.is_terminal else _plain_lines
    thread = threading.Thread(
        target=show, args=(watch, counts, console, over, interval), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


def _poll(counts: Callable[[], Counts], over: threading.Event, interval: float) -> Iterator[Counts]:
    while not over.wait(interval):
        now = 0, 0
        with suppress(Exception):  # while Spark starts or ends; a look is for show, and no more
            now = counts()
        yield now


def _live_line(
    watch: Watch,
    counts: Callable[[], Counts],
    console: Console,
    over: threading.Event,
    interval: float,
) -> None:
    from rich.progress import (  # noqa: PLC0415 - help needs none of it
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(20),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        line = bar.add_task("", total=None, pace="")
        for done, tasks in _poll(counts, over, interval):
            if watch.stage:
                bar.update(
                    line,
                    description=shown(watch.name),
                    completed=done,
                    total=tasks or None,
                    pace=watch.pace((done, tasks)),
                )


def _plain_lines(
    watch: Watch,
    counts: Callable[[], Counts],
    console: Console,
    over: threading.Event,
    interval: float,
) -> None:
    last_printed = watch.clock()
    for now in _poll(counts, over, interval):
        pace = watch.pace(now)
        if watch.clock() - last_printed >= PRINT_SECONDS and watch.stage:
            last_printed = watch.clock()
            console.print(f"{shown(watch.name)}: {pace}", emoji=False, soft_wrap=True)
