"""A driver that ends itself by SIGKILL at one moment of one stage, and the next one that goes on.

    python -m pipeline.kills RECIPE OUT STAGE:WRITE ...

Each STAGE:WRITE is a run in a process of its own, forked from this one, which has loaded all that
it needs. WRITE is the number of the file, counted from 1 within the stage, after whose publication
the run is killed; `commit`: right before the stage's commit is published. Prints, for each run, the
moment and what OUT and WORK held after it, as a line of JSON.
"""

import dataclasses
import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate import recipe as recipes
from curate.pipeline.run import run_stages, start
from curate.pipeline.specs import specs
from curate.stages.code_hash import code_of
from curate.store import io
from curate.text import tokenizers
from pipeline.runs import committed, local_engine


def run_until_killed(recipe: str, out: str, stage: str, write: str) -> None:
    """Run a recipe; end this process at the moment that is named."""
    at, writes = "", 0
    staged = io.staged

    def on_progress(name: str, _: str) -> None:
        nonlocal at, writes
        at, writes = name, writes if name == at else 0

    @contextmanager
    def killing(url: str) -> Iterator[Path]:
        nonlocal writes
        with staged(url) as path:
            yield path
            if at == stage and write == "commit" and url.endswith("/_commit.json"):
                os.kill(os.getpid(), signal.SIGKILL)
        writes += 1
        if at == stage and write == str(writes):
            os.kill(os.getpid(), signal.SIGKILL)

    io.staged = killing
    with local_engine(1) as engine:
        run = start(recipes.load(recipe), out, log=lambda _: None).on(engine)
        run_stages(dataclasses.replace(run, on_progress=on_progress))


def forked(recipe: str, out: str, moment: str) -> dict[str, object]:
    """Return what one killed run left."""
    child = os.fork()
    if not child:
        try:
            run_until_killed(recipe, out, *moment.split(":"))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return {
        "moment": moment,
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "committed": sorted(committed(Path(out) / "_work")),
        "manifest": (Path(out) / "manifest.json").exists(),
    }


if __name__ == "__main__":
    for _, spec in specs():
        code_of(spec.prepare.__module__)  # once for all runs, as what follows
    tokenizers.load("gpt2")
    importlib.import_module("pyarrow.dataset")
    for one in sys.argv[3:]:
        print(json.dumps(forked(sys.argv[1], sys.argv[2], one)), flush=True)
