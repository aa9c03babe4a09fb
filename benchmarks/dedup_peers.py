"""`curate dedup` beside datatrove, text-dedup and distributed-curator: recall, removals, speed.

    python benchmarks/dedup_peers.py truth FILES... [--documents 20000] PEERS
    python benchmarks/dedup_peers.py speed CORPUS [--small 40000] PEERS
    PEERS: [--datatrove-python PYTHON] [--text-dedup-python PYTHON] [--curator-python PYTHON]

Each peer runs in processes of its own, by the Python of an environment that has it (or set
DATATROVE_PYTHON, TEXT_DEDUP_PYTHON, CURATOR_PYTHON); one that is not named is left out and said
so. All with word 5-grams and 20 bands of 7 rows, two workers. --hash and --precision set what
datatrove hashes with; its own defaults are xxhash of 64 bits.

truth: FILES as for `benchmarks/dedup.py truth`, which makes the truth. Per bin of similarity the
share of pairs that have no band in common, in one seed, beside what the curve says with two
standard errors (of a fair coin for each pair; pairs of one site are not independent). Then what
is removed, and how much of that resembles no document that stays at the threshold. The
truth counts shingles by our definition of a word; the peers have others: datatrove turns numbers
into 0, text-dedup splits at what is no letter and counts what lies between two of those as a word.

speed: CORPUS is a folder made by `benchmarks/dedup_corpus.py`. Seconds from the start of the
process to its end, with the first --small documents and with all, to separate the cost of
start-up from the cost per document. Ours is `curate dedup` with neither language nor filters, on
both engines: reading, exact and near-duplicates, verified, balanced and committed.
distributed-curator has no word shingles: it gets its own 9 characters, and 140 hashes in 20 bands.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup_peers_own import BANDS, ROWS, THRESHOLD, WORKERS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Keys = npt.NDArray[np.int64]

INSTALL = {
    "datatrove": "pip install 'datatrove[processing,io]==0.10.*' spacy orjson",
    "text-dedup": "pip install text-dedup==0.4.1  # on Python 3.12; for `truth` 0.4.0, on 3.11",
    "curator": "pip install distributed-curator==0.1.6 'pyspark>=3.5,<4' 'pandas<3' pyarrow",
}
COMPARED = ("datatrove", "text-dedup")  # that know word shingles


def main() -> None:
    parser = argparse.ArgumentParser(description="See the head of the file.")
    commands = parser.add_subparsers(dest="what", required=True)
    truth_ = commands.add_parser("truth")
    truth_.add_argument("files", nargs="+", type=Path)
    truth_.add_argument("--documents", type=int, default=20_000)
    speed_ = commands.add_parser("speed")
    speed_.add_argument("corpus", type=Path)
    speed_.add_argument("--small", type=int, default=40_000)
    for command in (truth_, speed_):
        for name in INSTALL:
            variable = f"{name.upper().replace('-', '_')}_PYTHON"
            command.add_argument(f"--{name}-python", default=os.environ.get(variable))
        command.add_argument("--hash", choices=["xxhash", "sha1"], default="xxhash")
        command.add_argument("--precision", type=int, choices=[32, 64], default=64)
        command.add_argument("--partitions", type=int, default=16, help="of distributed-curator")
    options = parser.parse_args()
    if options.what == "truth":
        truth(options)
    else:
        speed(options)


def peers(options: argparse.Namespace, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (name, Python) of the peers that are there; say of the others how to get them."""
    for name in names:
        install = INSTALL[name]
        python = getattr(options, f"{name.replace('-', '_')}_python")
        if not python:
            print(f"{name}: left out; give --{name}-python, of an environment with {install}")
        elif not shutil.which(python):
            raise SystemExit(f"--{name}-python: expected a Python, got {python}")
        else:
            yield name, python


def run(name: str, python: str, settings: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    """Return seconds and what a peer reports, run in a process of its own."""
    script = Path(__file__).with_name("dedup_peers_own.py")
    command = [python, str(script), name, json.dumps(settings, default=str)]
    folder = Path(settings["work"])
    folder.mkdir(parents=True)
    environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
    environment.pop("PYTHONPATH", None)
    if name == "curator":
        environment["JAVA_HOME"] = _java_home()
        environment["PYSPARK_PYTHON"] = environment["PYSPARK_DRIVER_PYTHON"] = python
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        done = subprocess.run(
            command, stdout=log, stderr=log, env=environment, cwd=folder, check=False
        )
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        last = (folder / "log").read_text(errors="replace").splitlines()[-25:]
        raise SystemExit("\n".join([*last, f"{name}: failed; it needs {INSTALL[name]}"]))
    return seconds, json.loads((folder / "report.json").read_bytes())


def run_ours(settings: Mapping[str, Any], engine: str) -> tuple[float, dict[str, Any]]:
    """Return seconds, documents kept and seconds of each stage of `curate dedup`."""
    folder = Path(settings["work"])
    folder.mkdir(parents=True)
    source = {"kind": "parquet", "path": f"{settings['corpus']}/*.parquet", "reference": True}
    recipe = {"sources": {"corpus": source}, "language": None, "filters": []}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))  # JSON is YAML
    main_ = "import sys; from curate.cli import main; main(sys.argv[1:])"
    options = ["dedup", "recipe.yaml", "--out", "out", f"--engine={engine}"]
    if engine == "spark":
        options.append(f"--master=local[{WORKERS}]")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", main_, *options],
        cwd=folder,
        env={**os.environ, "CURATE_WORKERS": str(WORKERS)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}curate: failed")
    stage_seconds = re.findall(r"(?m)^(\w+): .* in ([\d.]+) s$", done.stdout)
    kept = 0
    for commit in folder.glob("out/_work/*/*/_commit.json"):
        report = json.loads(commit.read_bytes())["report"]
        read = commit.parent.parent.name == "extract"
        kept += report["documents"] if read else -report.get("duplicates", 0)
    return seconds, {"kept": kept, "stages": dict(stage_seconds)}


def _java_home() -> str:
    from curate.spark.java import java_home  # noqa: PLC0415

    return str(java_home().home)


def _settings(options: argparse.Namespace, corpus: Path, work: Path, keys: bool) -> dict[str, Any]:
    return {
        "corpus": corpus.absolute(),
        "work": work,
        "hash": options.hash,
        "precision": options.precision,
        "partitions": options.partitions,
        "keys": keys,
    }


# --- speed ----------------------------------------------------------------------------------


def speed(options: argparse.Namespace) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    files = sorted(options.corpus.glob("*.parquet"))
    rows = [pq.read_metadata(file).num_rows for file in files]
    few = [file for n, file in enumerate(files) if sum(rows[: n + 1]) <= options.small]
    if not few or len(few) == len(files):
        raise SystemExit(
            f"--small: expected more than {rows[0] if rows else 0} and fewer than "
            f"{sum(rows)} documents, got {options.small}"
        )
    ours = {"curate local": "local", "curate Spark": "spark"}
    compared = [*((name, sys.executable) for name in ours), *peers(options, INSTALL)]
    print(f"{'':12} documents    seconds       kept documents/s   fixed s  marginal/s")
    for name, python in compared:
        times = []
        for chosen in (few, files):
            documents = sum(rows[: len(chosen)])
            with tempfile.TemporaryDirectory() as folder:
                corpus = Path(folder) / "corpus"
                corpus.mkdir()
                for file in chosen:
                    (corpus / file.name).symlink_to(file.absolute())
                settings = _settings(options, corpus, Path(folder) / "work", keys=False)
                if name in ours:
                    seconds, report = run_ours(settings, ours[name])
                else:
                    seconds, report = run(name, python, settings)
            times.append((documents, seconds))
            line = f"{name:12} {documents:12,} {seconds:10.1f} {report['kept']:10,}"
            line += f" {documents / seconds:10,.0f}"
            if len(times) == 2:
                (n, small), (m, large) = times
                each = (large - small) / (m - n)
                line += f" {small - n * each:9.1f} {1 / each:12,.0f}"
            print(line, flush=True)
        print(f"{'':12} {report['stages']}")


# --- truth ----------------------------------------------------------------------------------


def truth(options: argparse.Namespace) -> None:
    from itertools import islice  # noqa: PLC0415

    import dedup  # noqa: PLC0415 - benchmarks/dedup.py
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    from curate.store.keys import normalise  # noqa: PLC0415

    texts = list(islice(dedup.read(options.files), options.documents))
    texts = list({normalise(text): text for text in texts}.values())
    sets, ends = dedup.frozen_sets(texts)
    pairs = dedup.all_pairs(sets, ends, dedup.FLOOR)
    print(f"{len(texts):,} different documents; {len(pairs[0]):,} pairs of {dedup.FLOOR} and more")
    outcomes = {"curate": _ours(texts)}
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        ids = [str(number) for number in range(len(texts))]
        middle = len(texts) // 2
        for name, part in (("a", slice(0, middle)), ("b", slice(middle, None))):
            table = pa.table({"id": ids[part], "text": texts[part]})
            pq.write_table(table, corpus / f"{name}.parquet")
        for name, python in peers(options, COMPARED):
            run(name, python, _settings(options, corpus, Path(folder) / name, keys=True))
            outcomes[name] = _read(Path(folder) / name, len(texts))
    share_band = misses(outcomes, *pairs)
    for name in (
        outcomes.keys() & COMPARED
    ):  # they take documents that share a band for duplicates; keys are theirs
        removed = list(outcomes[name][0])
        stay = ~np.isin(pairs[0], removed) & ~np.isin(pairs[1], removed)
        assert not (share_band[name] & stay).any(), (
            f"{name}: its keys do not explain what it removed"
        )
    removals(outcomes, len(texts), *pairs)


def _ours(texts: Sequence[str]) -> "tuple[set[int], Keys]":
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    from curate.dedup import SETTINGS, MinHasher, find_duplicates  # noqa: PLC0415

    hasher = MinHasher.of(SETTINGS["default"])
    keys = hasher.band_keys(hasher.signatures(pa.array(texts))).view(np.int64)
    return {duplicate.removed for duplicate in find_duplicates(texts)}, keys


def _read(folder: Path, documents: int) -> "tuple[set[int], Keys]":
    """Return what a peer removed, and int64[documents, bands]: equal where bands are."""
    import numpy as np  # noqa: PLC0415

    kept = {int(id_) for id_ in json.loads((folder / "kept.json").read_bytes())}
    keys = np.full((documents, BANDS), -1, np.int64)
    with np.load(folder / "keys.npz") as data:
        order = data["ids"].astype(np.int64)
        keys[order] = data["keys"]
    absent = keys[:, 0] < 0
    keys[absent] = -1 - np.arange(documents)[absent, None]  # resemble nothing
    return set(range(documents)) - kept, keys


def misses(
    outcomes: "Mapping[str, tuple[set[int], Keys]]", first: Any, second: Any, jaccard: Any
) -> "dict[str, npt.NDArray[np.bool_]]":
    """Print per bin the share of pairs that have no band in common; return which have one."""
    import numpy as np  # noqa: PLC0415

    share_band = {}
    for name, (_, keys) in outcomes.items():
        parts = np.array_split(np.arange(len(first)), len(first) // 100_000 + 1)
        share_band[name] = np.concatenate(
            [(keys[first[part]] == keys[second[part]]).any(axis=1) for part in parts]
        )
    print("\nshare of pairs missed")
    print(
        "similarity      pairs   curve says        " + "".join(f"{name:>13}" for name in share_band)
    )
    for low in np.arange(0.5, 0.99, 0.05):
        inside = (jaccard >= low - 1e-9) & ((jaccard < low + 0.05 - 1e-9) | (low > 0.94))
        if not inside.any():
            continue
        missed = (1 - jaccard[inside] ** ROWS) ** BANDS
        error = 2 * np.sqrt((missed * (1 - missed)).sum()) / inside.sum()
        shares = "".join(f"{1 - shared[inside].mean():13.4f}" for shared in share_band.values())
        print(
            f"{low:.2f} - {low + 0.05:.2f} {inside.sum():9}   "
            f"{missed.mean():.4f} +- {error:.4f}{shares}"
        )
    return share_band


def removals(
    outcomes: "Mapping[str, tuple[set[int], Keys]]",
    documents: int,
    first: Any,
    second: Any,
    jaccard: Any,
) -> None:
    """Print what each removed, and how little some of it resembles what stays."""
    import numpy as np  # noqa: PLC0415

    print(
        f"\nremovals; how many of them resemble nothing that stays at {THRESHOLD}, or at 0.5; pairs"
    )
    print(f"at {THRESHOLD} and more of which both stay")
    print(f"{'':12} removed  below {THRESHOLD}  below 0.5  pairs")
    for name, (removed, _) in outcomes.items():
        removed_mask = np.zeros(documents, np.bool_)
        removed_mask[list(removed)] = True
        best = np.zeros(documents)
        for a, b in ((first, second), (second, first)):
            chosen = removed_mask[a] & ~removed_mask[b]
            np.maximum.at(best, a[chosen], jaccard[chosen])
        below = (best[removed_mask] < THRESHOLD).sum()
        left = (~removed_mask[first] & ~removed_mask[second] & (jaccard >= THRESHOLD)).sum()
        far = (best[removed_mask] < 0.5).sum()
        print(f"{name:12} {removed_mask.sum():7,} {below:10,} {far:10,} {left:6,}")


if __name__ == "__main__":
    main()
