"""Pages in Arrow batches to text: what a run's reader does with a page, for tables of pages."""

from typing import Any

import pyarrow as pa

from curate.batch import BatchFunction, drop_reasons, set_column, values
from curate.recipe import Extract
from curate.sources.pages import page_function, page_text
from curate.sources.rows import Row, limit_text_size, storable
from curate.store.schema import BLOCKS

# A column of a batch, the key of a row of ours, the type.
PAGE_COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("text", "text", pa.string()),
    ("title", "title", pa.string()),
    ("blocks", "blocks", BLOCKS),
    ("drop_reason", "reason", pa.string()),
)


def extract_pages(settings: Extract) -> BatchFunction:
    """Return batch -> same rows with `text`, `title`, `blocks` and `drop_reason`.

    The batch has `html` (bytes or text; null is `no_text`), maybe `url` and `content_type` (a
    header, or a map of headers), maybe `drop_reason`: a row that has one is not looked at.
    """
    make = page_function(settings)

    def function(batch: pa.RecordBatch) -> pa.RecordBatch:
        def column(name: str) -> list[Any]:
            present = name in batch.schema.names
            return values(batch, name) if present else [None] * batch.num_rows

        rows: list[Row] = []
        columns = (column("html"), column("url"), column("content_type"), drop_reasons(batch))
        for html, url, type_, why in zip(*columns, strict=True):
            if why is not None or not html:
                rows.append({"reason": why or "no_text"})
                continue
            header = dict(type_).get("content-type") if isinstance(type_, list) else type_
            page = make(html, url=url, content_type=header)
            row = limit_text_size(page_text(page, {}), settings.max_text_bytes)
            rows.append(row | {"text": storable(row["text"])} if "text" in row else row)
        for name, wanted, type_ in PAGE_COLUMNS:
            batch = set_column(batch, name, [row.get(wanted) for row in rows], type_)
        return batch

    return function
