"""Choice of the engine of a run: Spark, or local processes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType

from curate.errors import RecipeError
from curate.extras import install, old_spark
from curate.stages.stage import Run

ENGINES = ("auto", "local", "spark")
# Of input files. Below, the local engine is faster than Spark on the same machine; how far above
# depends on the cluster.
AUTO_BYTES = 32 << 30
MOST_BYTES = 512 << 30  # of input files: the engine local refuses more


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine's name, and why it was chosen."""

    engine: str
    reason: str


def choose(
    run: Run,
    engine: str = "auto",
    master: str | None = None,
    conf: Mapping[str, str] = MappingProxyType({}),
) -> Choice:
    """Choose the engine of a run.

    Args:
        engine: one of ENGINES.
        master, conf: Spark's master URL and properties, if given.
    Raises:
        RecipeError: no such engine, one that is not installed, or too much input for it.
    """
    if engine not in ENGINES:
        raise RecipeError(f"engine: expected {', '.join(ENGINES)}, got {engine}")
    size = sum(file.size for file in run.files)
    amount = f"{_spoken(size)} of input"
    choice = Choice(engine, "requested")
    if engine == "auto":
        choice = _automatic(size, amount, master, conf)
    if choice.engine == "spark" and find_spec("pyspark") is None:
        raise RecipeError(
            f"engine: expected pyspark for the engine spark ({choice.reason}), got none: "
            f"{install('spark')}"
        )
    if choice.engine == "spark" and (message := old_spark()):
        raise RecipeError(f"engine: {message}")
    if choice.engine == "local":
        if master is not None:
            raise RecipeError(f"--master: expected the engine spark, got {master} with local")
        if conf:
            raise RecipeError(
                f"--conf: expected the engine spark, got {next(iter(conf))} with local"
            )
        if size > MOST_BYTES:
            raise RecipeError(
                f"engine: expected at most {_spoken(MOST_BYTES)} of input for the engine "
                f"local, got {amount}: give the same command --engine spark and a --master, or "
                'spark-submit "$(curate jobs pipeline)"'
            )
    return choice


def _automatic(size: int, amount: str, master: str | None, conf: Mapping[str, str]) -> Choice:
    if master is not None:
        return Choice("spark", f"--master {master}")
    if conf:
        return Choice("spark", f"--conf {next(iter(conf))}")
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return Choice("spark", "started by spark-submit")
    if size <= AUTO_BYTES:
        return Choice("local", f"{amount}, no more than {_spoken(AUTO_BYTES)}")
    return Choice("spark", f"{amount}, more than {_spoken(AUTO_BYTES)}")


def _spoken(size: int) -> str:
    """Return a number of bytes in a unit that suits it.

    >>> _spoken(598), _spoken(21_578), _spoken(32 << 30), _spoken(5 << 40)
    ('598 bytes', '21.1 KiB', '32 GiB', '5,120 GiB')
    """
    units = (("GiB", 30), ("MiB", 20), ("KiB", 10))
    name, bits = next((unit for unit in units if size >> unit[1]), ("bytes", 0))
    amount = f"{size / (1 << bits):,.1f}"
    return f"{amount.removesuffix('.0')} {name}"
