"""Every row of a table put to a model, and what it says written beside the rows."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from compute import progress
from compute.learning import files
from compute.learning.asking import each
from compute.learning.lines import (
    AT_ONCE,
    Inputs,
    Told,
    Written,
    gaps,
    sound,
    together,
)
from compute.learning.models import Model
from compute.tables import writing
from compute.tables.arrow import FLOAT, TEXT, Batch, pa, parquet
from compute.tables.cells import cells

SAID = {
    "predicted_label": TEXT,
    "confidence": FLOAT,
    "predicted_value": FLOAT,
    "output": TEXT,
    "error": TEXT,
}
"""The columns that are added, under other names where a table has such already."""


def answered(
    table: Path, inputs: Inputs, model: Path, sha256: str, target: Path
) -> Written:
    """Put every row of a canonical table to a model that was stored here.

    Raises ValueError for a file that is no such model.
    """
    return _written(table, _answers(table, inputs, files.load(model, sha256)), target)


def written(table: Path, told: Sequence[Told], target: Path) -> Written:
    """Write what was said of each row of a canonical table beside it."""
    return _written(table, iter(told), target)


def _answers(table: Path, inputs: Inputs, model: Model) -> Iterator[Told]:
    with parquet.ParquetFile(table) as file:
        total, done = file.metadata.num_rows, 0
        columns = [*inputs.columns]
        for batch in file.iter_batches(AT_ONCE, columns=columns):
            by_column = [cells(batch.column(name)) for name in columns]
            rows = [
                dict(zip(columns, row, strict=True))
                for row in zip(*by_column, strict=True)
            ]
            why = gaps(inputs, rows)
            yield from together(why, each(model, sound(rows, why)))
            done += len(rows)
            progress.report(done / total)


def _written(table: Path, said: Iterable[Told], target: Path) -> Written:
    answers, failed = iter(said), 0
    with parquet.ParquetFile(table) as file:
        names = _free(file.schema_arrow.names)
        added = [
            pa.field(name, kind)
            for name, kind in zip(names, SAID.values(), strict=True)
        ]
        schema = pa.schema([*file.schema_arrow, *added])

        def batches() -> Iterator[Batch]:
            nonlocal failed
            for batch in file.iter_batches(AT_ONCE):
                some = [next(answers) for _ in range(batch.num_rows)]
                failed += sum(one[-1] is not None for one in some)
                each_column = zip(zip(*some, strict=True), SAID.values(), strict=True)
                beside = [pa.array(column, kind) for column, kind in each_column]
                columns = [*batch.columns, *beside]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

        writing.write(batches(), schema, str(target))
    with target.open("rb") as result:
        digest = hashlib.file_digest(result, "sha256").hexdigest()
    return Written(failed, digest, target.stat().st_size)


def _free(taken: Sequence[str]) -> list[str]:
    """Names for the columns that are added, none of which a table has."""
    names: list[str] = []
    for said in SAID:
        name = said
        while name in taken:
            name += "_"
        names.append(name)
    return names
