"""The plan of a run: checks before anything is written, disk estimates, and states of stages."""

import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from curate.decontaminate.items import read_items
from curate.extract.extractors import missing
from curate.extras import install
from curate.optouts import hosts
from curate.pipeline.specs import stages_of
from curate.recipe import Recipe, RecipeError
from curate.recipe.benchmarks import benchmark_files
from curate.recipe.languages import language_warnings
from curate.scaffold.kinds import looks_otherwise
from curate.sources.checks import input_mistakes
from curate.sources.columns import column_mistakes
from curate.sources.prefilter_policy import describe
from curate.stages.count import labellers
from curate.stages.extract import host_files
from curate.stages.filter import language_model
from curate.stages.mix_plan import label_weights
from curate.stages.prior import prior_runs
from curate.stages.quality import read_model
from curate.stages.stage import Run, SoFar
from curate.stages.train import form_of
from curate.store import io
from curate.store.owner import folder_mistake
from curate.text import tokenizers as tokens

# Bytes of WORK and OUT for each byte of text: 1.2 measured on 75 MB of books, news, encyclopedias;
# as much again for files of failed attempts and for repeated epochs.
WORK_RATIO = 2.5
# Bytes per compressed byte, measured on wikis' XML, references as JSON lines and WET: .gz 2.2 to
# 3.0, .bz2 3.4 to 4.0, .xz 3.6 to 4.0, .zst 2.8 to 3.1 at level 3 and 3.5 to 3.9 at level 19.
UNPACKED = {".gz": 3.0, ".bz2": 4.0, ".xz": 4.0, ".zst": 4.0}
# Bytes of text per byte unpacked, of kinds that have other content or internal compression.
# Measured: 0.1 of web archives, 0.8 of WET, 0.5 of a wiki's dump, 3.6 of Parquet (zstd), 1.4 of
# EPUB without pictures. Web archives get twice that, for ledgers with one row per record.
TEXT = {"warc": 0.2, "commoncrawl": 0.2, "html": 0.2, "wet": 0.8, "mediawiki": 0.6, "parquet": 3.7}
EPUB = 1.5
# Kinds of which each file is one document; bytes of text for each of GPT-2's tokens, measured on
# the demo's corpus.
WHOLE_FILES = ("text", "book")
BYTES_PER_TOKEN = 4.4
Row = tuple[str, str, int | None]


def check(run: Run) -> dict[str, str]:
    """Return what was found (tokenizer, disk).

    Raises RecipeError with one line for each mistake.
    """
    mistakes = [*_columns(run), *_benchmarks(run), *_places(run), *_models(run)]
    mistakes += _opt_outs(run)
    mistakes += input_mistakes(run.recipe, run.files, run.out, run.work, needed(run))
    facts: dict[str, str] = {}
    try:
        tokenizer = tokens.load(run.recipe.mix.tokenizer)
        facts["tokenizer"] = f"{tokenizer.name} ({tokenizer.sha256[:12]})"
    except (OSError, ValueError, ImportError) as error:
        mistakes.append(f"mix.tokenizer: {error}")
    if run.recipe.dedup.near:
        facts["near-duplicates"] = run.recipe.dedup.banding().describe()
        try:
            prior_runs(run)
        except RecipeError as error:
            mistakes.append(str(error))
    free, size = io.free_bytes(run.work), needed(run)
    if free is not None and free < size:
        mistakes.append(f"disk: expected {size:,} bytes free in {run.work}, got {free:,}")
    if mistakes:
        raise RecipeError("\n".join(mistakes))
    if warnings := language_warnings(run.recipe):
        facts["languages"] = "; ".join(warnings)
    if lines := list(_other_kinds(run)):
        facts["kinds"] = "; ".join(lines)
    if (prefilter := describe(run.recipe, run.files)) is not None:
        facts["prefilter"] = prefilter
    if lines := list(left_out(run)):
        facts["mix"] = "; ".join(lines)
    existing = held_by(run.out)
    if existing is not None and existing != json.loads(json.dumps(run.recipe.without_paths())):
        facts["output"] = f"{run.out} holds a corpus of another recipe, which a run replaces"
    if free is not None:
        facts["disk"] = f"{size:,} bytes needed, {free:,} free"
    return facts


def _opt_outs(run: Run) -> Iterator[str]:
    """Yield a line for each file of sites' opt-outs that is none."""
    try:
        for file in host_files(run.recipe):
            hosts.check(file.url)
    except RecipeError as error:
        yield str(error)


def _models(run: Run) -> Iterator[str]:
    """Yield mistakes of extractor, language model and classifier."""
    if lacking := missing(run.recipe.extract.extractor):
        yield f"extract.extractor: {lacking}"
    try:
        language_model(run.recipe)
    except (OSError, ValueError, ImportError) as error:
        text = str(error)
        own = text.startswith("Language: ")  # the filter's, which names the key
        yield f"language.{text.removeprefix('Language: ')}" if own else f"language: {text}"
    yield from _classifiers(run.recipe)
    for name, labeller in labellers(run.recipe).items():
        try:
            labeller.check()
        except (OSError, ValueError, ImportError) as error:
            yield f"labels.{name}: {error}"
    try:
        label_weights(run.recipe)
    except RecipeError as error:
        yield str(error)


def _classifiers(recipe: Recipe) -> Iterator[str]:
    """Yield what is wrong with the classifiers."""
    for name, classifier in recipe.quality.each().items() if recipe.quality else ():
        key = f"quality.models.{name}" if name else "quality"
        if classifier.kind == "pretrained":
            try:
                read_model(classifier.model, str(classifier.sha256), form_of(classifier))
            except (OSError, ValueError, ImportError) as error:
                yield f"{key}.model: {error}"
        elif classifier.kind == "fasttext" and not find_spec("fasttext"):
            yield f"{key}.model: fasttext needs {install('fasttext')}"
        elif classifier.labels and not io.exists(classifier.labels.path):
            yield f"{key}.labels: expected a file, found none: {classifier.labels.path}"


def held_by(out: str) -> dict[str, Any] | None:
    """Return the recipe of the corpus in a folder; None without a corpus."""
    try:
        manifest = json.loads(io.read_bytes(io.join(out, "manifest.json")))
    except (OSError, ValueError):
        return None
    recipe: dict[str, Any] = manifest["recipe"]
    return recipe


def needed(run: Run) -> int:
    """Return the estimated bytes of WORK and OUT together."""
    sources, sample = run.recipe.sources, run.recipe.extract.sample
    text = sum(file.size * text_ratio(sources[file.source].kind, file.url) for file in run.files)
    return int(WORK_RATIO * text * (1.0 if sample is None else sample))


def text_ratio(kind: str, name: str) -> float:
    """Return the estimated bytes of text per byte of a file.

    >>> text_ratio("text", "a.txt"), text_ratio("jsonl", "a.jsonl.gz"), text_ratio("book", "a.epub")
    (1.0, 3.0, 1.5)
    """
    if kind == "book" and name.lower().endswith(".epub"):
        return EPUB
    packed = next((ratio for end, ratio in UNPACKED.items() if name.endswith(end)), 1.0)
    return packed * TEXT.get(kind, 1.0)


def left_out(run: Run) -> Iterator[str]:
    """Yield a line for each source of which nothing can be in the corpus, by its files' sizes.

    Documents are taken whole, to the nearest: of a source whose target is less than half of its
    smallest document none is. Known of sources whose files are documents. The budget is that of the
    recipe, or the most that one epoch of the scarcest source allows before anything is dropped.
    """
    weights = {name: source.weight or 0.0 for name, source in run.recipe.sources.items()}
    total = sum(weights.values())
    if not total:
        return
    tokens: dict[str, list[float]] = {name: [] for name in weights}
    for file in run.files:
        ratio = text_ratio(run.recipe.sources[file.source].kind, file.url)
        tokens[file.source].append(file.size * ratio / BYTES_PER_TOKEN)
    sample = run.recipe.extract.sample or 1.0
    once = [sample * sum(amounts) * total / weights[name] for name, amounts in tokens.items()
            if weights[name] > 0]  # fmt: skip
    budget = run.recipe.mix.tokens or min(once)
    for name, amounts in tokens.items():
        target = budget * weights[name] / total
        source = run.recipe.sources[name]
        sizes = amounts if source.kind in WHOLE_FILES and source.split is None else []
        if weights[name] > 0 and sizes and target < min(sizes) / 2:
            yield (
                f"nothing of {name} will be in the corpus: documents are taken whole, and its "
                f"target of about {round(target):,} tokens is less than half of its smallest "
                f"document, about {round(min(sizes)):,}"
            )


def stages(run: Run) -> list[Row]:
    """Return (stage, what a run would do with it, units) for each stage in order.

    The number of units of a stage is known once the stage before it is done.
    """
    rows: list[Row] = []
    so_far: SoFar | None = SoFar()
    for spec in stages_of(run.recipe):
        if so_far is None:
            rows.append((spec.name, "to do", None))
            continue
        commit = spec.prepare(run, so_far).committed
        units = spec.units(run, so_far)
        state = "to do" if commit is None else "nothing changed: skip"
        rows.append((spec.name, state, units))
        so_far = None if commit is None else spec.then(so_far, commit)
    return rows


def _columns(run: Run) -> Iterator[str]:
    """Yield a line for each column of a source that no row can satisfy."""
    for name, source in run.recipe.sources.items():
        files = [file for file in run.files if file.source == name]
        yield from column_mistakes(name, source, files)


def _other_kinds(run: Run) -> Iterator[str]:
    """Yield a line for each source whose first file looks like one of another kind.

    A warning: a damaged file may look like anything, and JSON may be wanted as plain text.
    """
    seen: set[str] = set()
    for file in run.files:
        if file.source in seen or not file.size or not io.is_local(file.url):
            continue
        seen.add(file.source)
        kind = run.recipe.sources[file.source].kind
        if (other := looks_otherwise(kind, io.local_path(file.url))) is not None:
            yield f"sources.{file.source}.kind is {kind}, but {file.file_path} looks like {other}"


def _benchmarks(run: Run) -> Iterator[str]:
    """Yield a line for each benchmark that cannot be read or has none of the chosen fields."""
    for benchmark in benchmark_files(run.recipe.decontaminate) if run.recipe.decontaminate else ():
        try:
            first = next(read_items(benchmark.file.url, benchmark.name, benchmark.fields), None)
        except ValueError as error:
            yield f"decontaminate.benchmarks: {error}"
            continue
        if first is None or not first.texts:
            wanted = ", ".join(benchmark.fields) if benchmark.fields else "text"
            yield (
                f"decontaminate.fields: expected {wanted} in the first item of "
                f"{benchmark.file.url}, got none"
            )


def _places(run: Run) -> Iterator[str]:
    reported: set[str] = set()
    for key, url in (("output.path", run.out), ("output.work", run.work)):
        if io.is_local(url):
            wrong = _unwritable(io.local_path(url))
            if wrong and wrong not in reported:  # usually WORK is below OUT
                yield f"{key}: expected a folder{wrong}"
            reported.add(wrong)
    under = run.work if run.work.startswith(run.out.rstrip("/") + "/") else None
    yield from filter(
        None, (folder_mistake(run.out, "out", under), folder_mistake(run.work, "work"))
    )


def _unwritable(path: Path) -> str:
    """Return why a path cannot be a writable folder; "" if it can."""
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    if not existing.is_dir():
        return f", got the file {existing}"
    return (
        "" if os.access(existing, os.W_OK | os.X_OK) else f" that can be written to, got {existing}"
    )
