"""What the tests of plans share: small inputs, and runs over them that are not done whole."""

import json

from curate import recipe as recipes
from curate.pipeline import specs
from curate.pipeline.run import start as start_run
from curate.stages.stage import SoFar
from pipeline.runs import in_this_process


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def start(folder, *, out="out", logged=None, **whole):
    defaults = {"language": None, "filters": [], "output": {"shard_bytes": 1_000}}
    made = recipes.parse({**defaults, **whole}, folder)
    log = (lambda _: None) if logged is None else logged.append
    return start_run(made, str(folder / out), log=log)


NAMES = ["extract", "filter", "dedup", "near", "count", "mix", "shards", "publish"]
SOURCES = {
    "docs": {"kind": "jsonl", "path": "*.jsonl", "weight": 1},
    "books": {"kind": "text", "path": "*.txt", "weight": 1, "reference": True},
}


def inputs(folder):
    """Write two files of five documents and two books, each of some 450 characters."""
    for number in range(2):
        jsonl(folder / f"{number}.jsonl", *({"text": words(f"{number}{n}")} for n in range(5)))
        (folder / f"{number}.txt").write_text(words(f"book{number}"))
    return folder


def words(name):
    return " ".join(f"{name}x{n}" for n in range(80))


def carry_out(run, most):
    """Do a run's first stages; return their commits."""
    so_far = SoFar()
    with in_this_process() as engine:
        run = run.on(engine)
        for spec in specs.stages_of(run.recipe)[:most]:
            stage = spec.prepare(run, so_far)
            so_far = spec.then(so_far, stage.committed or spec.work(stage, so_far))
    return list(so_far.commits.values())
