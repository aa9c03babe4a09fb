"""Parquet files of a run as one dataset of Arrow's, for users to read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from curate.store import io

if TYPE_CHECKING:
    import pyarrow.dataset as ds


def dataset_of(urls: Sequence[str], schema: pa.Schema) -> "ds.Dataset":
    """Return a dataset of Parquet files, all local or all of one store; empty without files."""
    import pyarrow.dataset as ds  # noqa: PLC0415 - a fifth of a second

    if not urls:
        return ds.dataset(schema.empty_table())
    if io.is_local(urls[0]):
        return ds.dataset([str(io.local_path(url)) for url in urls], schema, format="parquet")
    filesystem, _ = io.filesystem_of(urls[0])
    paths = [str(filesystem._strip_protocol(url)) for url in urls]
    return ds.dataset(paths, schema, format="parquet", filesystem=filesystem)
