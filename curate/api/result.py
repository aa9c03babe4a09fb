"""The output of a run, to inspect and to read: `curate.run` and `curate.load` return a Result."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate._lazy import listing
from curate.api import html
from curate.api.checks import PathOrUrl, path_text
from curate.report.tables import LedgerRow, MixtureRow, ledger_rows, mixture_rows
from curate.store import io

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as pads

__all__ = ["Result"]
__dir__ = listing(__name__, __all__)

SPLITS = ("train", "validation")
Stages = Mapping[str, Mapping[str, int]]  # stage -> what it counted


@dataclass(frozen=True, slots=True)
class Result:
    """A run's output. A notebook shows its ledger and mixture.

    out: folder or URL. work: of the intermediate files, where known. stages: what each stage of
    this run counted; {} for one that was loaded.
    """

    out: str
    work: str | None = None
    stages: Stages = field(default_factory=dict)

    @property
    def is_finished(self) -> bool:
        """Return whether the run is complete, and so has shards, ledger and mixture."""
        return io.exists(io.join(self.out, "manifest.json"))

    @property
    def manifest(self) -> dict[str, Any]:
        """Return OUT/manifest.json: shards, mixture, recipe, versions, inputs."""
        return self._json("manifest.json")

    @property
    def ledger(self) -> "pa.Table":
        """Return the outcomes: columns state, stage, reason, records, characters; a row for each.

        The last row, `read`, is the sum of records. `cut` rows have characters only.
        """
        return _table(LedgerRow._fields, list(ledger_rows(self._json("ledger.json"))))

    @property
    def mixture(self) -> "pa.Table":
        """Return the training shards by source.

        Columns source, target and achieved (shares of the tokens), tokens, documents, epochs.
        """
        return _table(MixtureRow._fields, list(mixture_rows(self.manifest["mixture"])))

    def samples(
        self, reason: str | None = None, *, stage: str | None = None, state: str | None = None
    ) -> "pa.Table":
        """Return texts kept for each reason (`curate schema samples`), those asked for."""
        import pyarrow.compute as pc  # noqa: PLC0415 - the base install has no Arrow

        from curate.store import schema  # noqa: PLC0415
        from curate.store.datasets import dataset_of  # noqa: PLC0415

        self._json("manifest.json")
        url = io.join(self.out, "samples", "samples.parquet")
        urls = [url] if io.exists(url) else []
        table = dataset_of(urls, schema.SAMPLES).to_table()
        for name, wanted in (("reason", reason), ("stage", stage), ("state", state)):
            if wanted is not None:
                table = table.filter(pc.field(name) == wanted)
        return table

    def documents(self, split: str | None = "train") -> "pads.Dataset":
        """Return the shards of a split ("train" or "validation", None: both) as a dataset.

        `.to_table()`, `.to_batches()`, `.head(5)` read it; `.files` names the shards.
        """
        from curate.store import schema  # noqa: PLC0415 - the base install has no Arrow
        from curate.store.datasets import dataset_of  # noqa: PLC0415

        if split is not None and split not in SPLITS:
            raise ValueError(f"documents: split: expected train, validation or None, got {split!r}")
        names = [shard["file"] for shard in self.manifest["shards"]]
        names = [name for name in names if split is None or name.startswith(f"corpus/{split}/")]
        return dataset_of([io.join(self.out, name) for name in names], schema.CORPUS)

    def records(self) -> "pads.Dataset":
        """Return the full ledger as a dataset: a row for each record that was read."""
        from curate.store import schema  # noqa: PLC0415 - the base install has no Arrow
        from curate.store.datasets import dataset_of  # noqa: PLC0415

        self._json("manifest.json")
        return dataset_of(sorted(io.list_files(io.join(self.out, "ledger"))), schema.LEDGER)

    def explain(self, key: str) -> list[str]:
        """Return the outcome of the records with an id or a URL, one line per step.

        Raises KeyError if the run has read none.
        """
        from curate.report.explain import explain_record  # noqa: PLC0415

        if lines := explain_record(self.out, key):
            return lines
        raise KeyError(
            f"{key}: expected an id or URL of the ledger of {self.out}, or a damaged file, "
            "found none"
        )

    def report(self, against: "Result | PathOrUrl | None" = None) -> str:
        """Return the path of OUT/report.html; rewritten to show what changed since `against`."""
        from curate.report.page import write_page  # noqa: PLC0415

        other = (
            against.out if isinstance(against, Result) else path_text("report", "against", against)
        )
        url = io.join(self.out, "report.html")
        if other is not None or not io.exists(url):
            write_page(self.out, other)
        return url

    def _json(self, name: str) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads(io.read_bytes(io.join(self.out, name)))
        except FileNotFoundError as error:
            last = f"; it was run up to {list(self.stages)[-1]}" if self.stages else ""
            raise FileNotFoundError(
                f"{self.out}: expected a finished run, which has {name}, got none{last}"
            ) from error
        return content

    def __repr__(self) -> str:
        if not self.is_finished:
            return f"<curate.Result {self.out}: {', '.join(self.stages) or 'nothing'} done>"
        ledger, manifest = self._json("ledger.json"), self.manifest
        tokens = sum(shard["tokens"] for shard in manifest["shards"])
        return (
            f"<curate.Result {self.out}: {ledger['records_in']:,} records read, "
            f"{ledger['kept']:,} kept, {ledger['held_out']:,} held out, {tokens:,} tokens in "
            f"{len(manifest['shards']):,} shards>"
        )

    def _repr_html_(self) -> str:
        if not self.is_finished:
            counts = (
                (name, json.dumps(stage_counts)) for name, stage_counts in self.stages.items()
            )
            return html.table(self.out, ("stage", "counts"), counts)
        ledger, manifest = self._json("ledger.json"), self.manifest
        report = io.join(self.out, "report.html")
        url = Path(io.local_path(report)).absolute().as_uri() if io.is_local(report) else report
        return (
            html.table("Ledger", LedgerRow._fields, ledger_rows(ledger))
            + html.table("Mixture", MixtureRow._fields, mixture_rows(manifest["mixture"]))
            + f"<p>Report: {html.link(url, report)}</p>"
        )


def _table(names: tuple[str, ...], rows: list[Any]) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415 - the base install has no Arrow

    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
