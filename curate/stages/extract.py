"""Read all sources and extract the text of pages.

Input: the recipe's sources. Output: `documents` (text of pages and references) and the outcomes of
all other records. Nothing is filtered here.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import chain, groupby, islice
from types import MappingProxyType
from typing import Any, TypeVar

import pyarrow as pa

from curate.engine.guard import attempt
from curate.extract.extractors import EXTRACTORS
from curate.optouts import hosts
from curate.optouts.rules import OptOutRules
from curate.recipe import Extract, License, Recipe, RecipeError, Source
from curate.sources import (
    InputFile,
    Range,
    Reading,
    Row,
    dump_of,
    inventory,
    libraries,
    ranges_from_json,
    ranges_to_json,
    read,
    split,
    split_indexed,
)
from curate.sources.captures import CaptureFilter, filter_of
from curate.sources.pages import no_page, page_function
from curate.sources.prefilter_policy import PrefilterPolicy, policies
from curate.sources.row_batches import SCHEMAS, batches
from curate.sources.url_lists import UrlSet, by_file, matching_lists, read_index, read_urls
from curate.stages.stage import Run, SoFar, Spec, Stage, Work, rewritten
from curate.store import io, schema
from curate.store.commits import Commit, Receipt
from curate.store.keys import Tally
from curate.store.tables import read_batches, write_tables
from curate.store.units import Unit
from curate.warc.reader import Span, first_gap

T = TypeVar("T")
Saved = tuple[str, str]  # the URL of a saved list of URLs, and its sha256
NOTHING: Mapping[str, Any] = MappingProxyType({})
PLACES = schema.columns(
    ("filename", pa.string(), False), ("offset", pa.int64(), False), ("length", pa.int64(), False)
)
INDEX_BYTES = 32 << 20  # assumed size of a file of an index as a unit of work


def work(stage: Stage, _: SoFar) -> Commit:
    """Read all sources; return the commit of their documents."""
    run = stage.run
    lists = _lists(stage)
    units = {**split(run.files, run.recipe), **_indexed(stage, lists)}
    read_unit = partial(
        extract_unit,
        sources=run.recipe.sources,
        settings=run.recipe.extract,
        lists=lists,
        policies=policies(run.recipe, run.files),
        seed=run.recipe.seed,
        opt_outs=_opt_outs(run.recipe),
        license=run.recipe.rights.license,
    )
    receipts = stage.run_units(_units(units), read_unit, one_each=True, isolated=True)
    receipts = _joined(stage, units, receipts, read_unit)
    _check_unchanged(run)
    into = Tally.total(receipt.tally for receipt in receipts)
    stage.balance(into, receipts, "documents", "outcomes")
    if failed := sum(receipt.facts["fallbacks"] for receipt in receipts):
        run.log(f"{stage.name}: {failed:,} pages ended their worker, and are dropped")
    return stage.commit(receipts, _report(receipts))


def _units(units: Mapping[str, Sequence[Range]]) -> list[Unit]:
    """Return units of work for ranges of files, by name."""
    return [
        Unit(name, ranges_to_json(ranges), sum(part.stop - part.start for part in ranges))
        for name, ranges in units.items()
    ]


class ChangedInputError(RuntimeError):
    """An input file changed while it was read; the stage is not committed."""


def _check_unchanged(run: Run) -> None:
    """Raise ChangedInputError if a file that was read has changed since the run began.

    The records read may be from both versions, and the ledger has the inventory's. New files do
    not matter, nor do deleted ones, for they have been read.
    """
    try:
        current = {(file.source, file.file_path): file for file in inventory(run.recipe)[0]}
    except RecipeError:  # all files of a source are deleted
        return
    changed = [
        (file, new)
        for file in run.files
        if (new := current.get((file.source, file.file_path))) and _content(new) != _content(file)
    ]
    if changed:
        file, new = changed[0]
        raise ChangedInputError(
            f"extract: expected files that do not change, got {len(changed)} that changed while "
            f"they were read, such as {file.url} ({file.size:,} bytes, now {new.size:,}); "
            "run again once they are complete"
        )


def _content(file: InputFile) -> tuple[int, str]:
    """Return what identifies a file's content: (size, version).

    For web servers only the size: several servers of one name may disagree about the ETag.
    """
    return file.size, "" if file.url.startswith(("http://", "https://")) else file.version


def prepare(run: Run, _: SoFar) -> Stage:
    """Return the stage with its folder in WORK."""
    prefiltered = policies(run.recipe, run.files)
    return run.stage(
        "extract",
        settings=[
            _settings(run.recipe),
            [asdict(prefiltered[name]) for name in sorted(prefiltered)],
        ],
        module=__name__,
        but=() if prefiltered else ("curate.filters", "curate.steps"),  # used by the prefilter only
        libraries=[
            *libraries(run.recipe.sources.values()),
            *EXTRACTORS[run.recipe.extract.extractor].distributions,
            *(
                ("py3langid", "numpy")
                if any(p.prefilter.english for p in prefiltered.values())
                else ()
            ),
        ],
        inputs=[(f.source, f.file_path, f.size, f.version, dump_of(f)) for f in run.files]
        + [
            (name, key, file.file_path, file.size, file.version)
            for name, source in run.recipe.sources.items()
            for key in ("urls", "index")
            for file in matching_lists(getattr(source, key))
        ]
        + [(f.file_path, f.size, f.version) for f in host_files(run.recipe)],
    )


def host_files(recipe: Recipe) -> list[io.FileInfo]:
    """Return the files that say what sites have opted out of."""
    opt_outs = recipe.rights.opt_outs
    try:
        return matching_lists(opt_outs.hosts) if opt_outs else []
    except FileNotFoundError as error:
        raise RecipeError(f"rights.opt_outs.hosts: {error}") from error


def _opt_outs(recipe: Recipe) -> OptOutRules | None:
    """Return the opt-outs that are honoured; raises RecipeError for a file that is none."""
    settings = recipe.rights.opt_outs
    if settings is None:
        return None
    files = host_files(recipe)
    stamped = tuple(hosts.Stamped(file.url, file.size, file.version) for file in files)
    rules = OptOutRules(settings, stamped)
    hosts.load(rules.files)
    return rules


def _lists(stage: Stage) -> dict[str, Saved]:
    """Write the URL list of each source that has one to WORK, to be memory-mapped by workers."""
    saved = {}
    for name, source in stage.run.recipe.sources.items():
        if source.urls:
            urls = chain.from_iterable(read_urls(f.url) for f in matching_lists(source.urls))
            try:
                listed = UrlSet.of(urls)
            except ValueError as error:
                raise RecipeError(f"sources.{name}.urls: {error}") from error
            if not len(listed):
                raise RecipeError(f"sources.{name}.urls: expected web URLs, got none")
            url = io.join(stage.folder, "listed", f"{name}.npy")
            saved[name] = (url, listed.save(url))
            stage.run.log(f"{stage.name}: {len(listed):,} URLs of {name} are listed")
    return saved


def _indexed(stage: Stage, lists: Mapping[str, Saved]) -> dict[str, list[Range]]:
    """Return the units of the sources that have an index; the index is read by the engine."""
    run = stage.run
    indexes = {
        f"index-{name}-{number:06d}": (name, file.url)
        for name, source in run.recipe.sources.items()
        for number, file in enumerate(matching_lists(source.index))
    }
    if not indexes:
        return {}
    units = [Unit(name, json.dumps(index), INDEX_BYTES) for name, index in indexes.items()]
    selects = {name: filter_of(source) for name, source in run.recipe.sources.items()}
    receipts = stage.run_units(units, partial(read_index_unit, lists=lists, selects=selects))
    ranges: dict[int, list[tuple[int, int]]] = {}
    files = [file for file in run.files if run.recipe.sources[file.source].index]
    for name, source_files in groupby(files, key=lambda file: file.source):
        urls = [
            io.join(stage.folder, file.name)
            for receipt in receipts
            if indexes[receipt.unit][0] == name
            for file in receipt.files
        ]
        rows = (row for url in urls for batch in read_batches(url) for row in batch.to_pylist())
        listed = ((row["filename"], row["offset"], row["length"]) for row in rows)
        of_source, nowhere = by_file(listed, list(source_files))
        ranges.update(of_source)
        captures = sum(map(len, of_source.values()))
        run.log(f"{stage.name}: {captures:,} captures of {name} are read by its index")
        if nowhere:
            run.log(f"{stage.name}: {nowhere:,} captures of {name} are in files it does not have")
    return split_indexed(files, run.recipe, ranges)


def read_index_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    lists: Mapping[str, Saved],
    selects: Mapping[str, CaptureFilter],
) -> Receipt:
    """Write the locations of the selected captures of one file of an index."""
    name, url = json.loads(payload)
    listed = UrlSet.load(*lists[name]) if name in lists else None
    captures = read_index(url, listed, selects[name])

    def tables() -> Iterator[tuple[str, pa.RecordBatch]]:
        for chunk in batched(captures, 1 << 16):
            rows = [capture._asdict() for capture in chunk]
            yield "places", pa.RecordBatch.from_pylist(rows, schema=PLACES)

    return Receipt(unit, write_tables(folder, unit, {"places": PLACES}, tables()))


def extract_unit(
    folder: str,
    unit: str,
    payload: str,
    *,
    sources: Mapping[str, Source],
    settings: Extract,
    lists: Mapping[str, Saved] = NOTHING,
    policies: Mapping[str, PrefilterPolicy] = NOTHING,
    seed: int = 0,
    opt_outs: OptOutRules | None = None,
    license: License | None = None,
) -> Receipt:
    """Read the ranges of one unit; write its documents and outcomes."""
    seconds = settings.max_seconds
    with attempt(folder, unit, page_function(settings), no_page, seconds=seconds) as page:
        listed = {name: UrlSet.load(*saved) for name, saved in lists.items()}
        reading = Reading(
            listed=listed,
            policies=policies,
            page=page,
            opt_outs=opt_outs,
            license=license,
            sample=settings.sample,
            seed=seed,
        )

        def rows() -> Iterator[tuple[str, Row]]:
            for part in ranges_from_json(payload):
                yield from read(part, sources[part.file.source], settings, reading)

        files = write_tables(folder, unit, SCHEMAS, batches(rows()))
    facts = {
        "split_boundaries": reading.split_boundaries,
        "digests": reading.digests,
        "fallbacks": page.fallbacks,
        "licenses": dict(sorted(reading.licenses.items())),
    }
    return Receipt(unit, files, reading.tally, facts)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _joined(
    stage: Stage, units: Mapping[str, Sequence[Range]], receipts: list[Receipt], work: Work
) -> list[Receipt]:
    """Return the receipts after every split that does not continue the one before is redone.

    A split searches for its first record; what it finds may be inside another record's payload.
    Then it is read again from where the split before it ended.
    """
    while redo := _gaps(units, receipts):
        stage.run.log(f"{stage.name}: {len(redo)} splits read again, for they were not contiguous")
        redone = {f"{unit}-{part.begin}": [part] for unit, part in redo.items()}
        better = {
            receipt.unit.partition("-")[0]: receipt
            for receipt in stage.run_units(_units(redone), work, one_each=True, isolated=True)
        }
        receipts = [better.get(receipt.unit.partition("-")[0], receipt) for receipt in receipts]
    return receipts


def _gaps(units: Mapping[str, Sequence[Range]], receipts: Sequence[Receipt]) -> dict[str, Range]:
    """Return the first split of each archive that does not continue, with where it must begin."""
    boundaries = [
        (*boundary, receipt.unit)
        for receipt in receipts
        for boundary in receipt.facts["split_boundaries"]
    ]
    redo = {}
    for _, group in groupby(
        sorted(boundaries, key=lambda boundary: boundary[:2]), key=lambda boundary: boundary[0]
    ):
        spans = list(group)
        gap = first_gap([Span(*span[1:5]) for span in spans], spans[-1][2])
        if gap is not None:
            unit = spans[gap[0]][-1].partition("-")[0]
            number = spans[gap[0]][0]
            part = next(part for part in units[unit] if part.file.number == number)
            redo[unit] = replace(part, begin=gap[1])
    return redo


def _settings(recipe: Recipe) -> dict[str, Any]:
    """Return the settings of the recipe that change this stage's work."""
    keys = {"kind", "text", "id", "url", "date", "dump", "disambiguation", "lists", "apparatus",
            "tables", "split", "grade", "index_languages", "index_types",
            "index_hosts"}  # fmt: skip
    sources = {
        name: {**source.model_dump(include=keys), "repairs": source.repairs}
        for name, source in recipe.sources.items()
    }
    seed = recipe.seed if recipe.extract.sample is not None else None
    opt_outs = recipe.rights.opt_outs
    return {
        "extract": recipe.extract.model_dump(),
        "sources": sources,
        "seed": seed,
        "license": recipe.rights.license.model_dump() if recipe.rights.license else None,
        "opt_outs": opt_outs.model_dump(exclude={"hosts"}) if opt_outs else None,
    }


def _report(receipts: Sequence[Receipt]) -> dict[str, Any]:
    licenses: Counter[str] = Counter()
    for receipt in receipts:
        licenses.update(receipt.facts.get("licenses", {}))
    rows: dict[str, Any] = {"records": sum(receipt.records for receipt in receipts)}
    for receipt in receipts:
        for file in receipt.files:
            rows[file.table] = rows.get(file.table, 0) + file.rows
    return {**rows, "licenses": dict(sorted(licenses.items()))}


SPEC = Spec(
    name="extract",
    prepare=prepare,
    work=work,
    then=rewritten,
    units=lambda run, _: len(split(run.files, run.recipe)),
)
