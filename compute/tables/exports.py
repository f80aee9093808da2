"""A stored table as CSV, for programs that would take some cells for formulas."""

from pathlib import Path

from compute.tables.arrow import TEXT, Array, Batch, csv, pa, parquet, pc

FORMULA = r"^[=+\-@\t\r]"
"""How a text begins that a spreadsheet computes, unless there is a `'` before it."""


def export(path: str, target: str) -> int:
    """Write a Parquet file as CSV and return the bytes of it."""
    with parquet.ParquetFile(path) as file:
        names = _harmless(pa.array(file.schema_arrow.names, TEXT)).to_pylist()
        fields = zip(names, file.schema_arrow, strict=True)
        schema = pa.schema([pa.field(name, field.type) for name, field in fields])
        with csv.CSVWriter(target, schema) as writer:
            for batch in file.iter_batches():
                writer.write_batch(_written(batch, schema))
    return Path(target).stat().st_size


def _written(batch: Batch, schema: object) -> Batch:
    columns = [_harmless(one) if one.type == TEXT else one for one in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _harmless(texts: Array) -> Array:
    quoted = pc.binary_join_element_wise("'", texts, "")
    return pc.if_else(pc.match_substring_regex(texts, FORMULA), quoted, texts)
