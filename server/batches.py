"""Results of batches, to be fetched: GET /batches/{id}.parquet or .csv."""

from contextlib import AsyncExitStack

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from compute.remote import AS_CSV
from db import models
from resolvers.context import Context
from schema.ids import row_id
from server.sending import sent

MEDIA = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv; charset=utf-8"}
EXPECTED = "a batch is fetched as /batches/{id}.parquet or /batches/{id}.csv"


async def fetch(context: Context, request: Request) -> Response:
    """The rows that were put to a model, with what it said beside them.

    In the CSV a `'` is before texts that a spreadsheet would take for formulas.
    """
    id_, _, form = request.path_params["name"].rpartition(".")
    if form not in MEDIA:
        raise HTTPException(404, EXPECTED)
    key = row_id(id_, models.BatchPrediction)
    batch = await context.loaders.row(models.BatchPrediction).load(key)
    if batch is None:
        raise HTTPException(404, "no BatchPrediction has this id")
    if batch.file_path is None:
        said = batch.error_message or "it is not done yet"
        raise HTTPException(409, f"this batch has no result: {said}")
    async with AsyncExitStack() as files:
        store = context.equipment.store
        path = await files.enter_async_context(store.local(batch.file_path))
        if form == "csv":
            target = await files.enter_async_context(store.scratch())
            await context.compute.run(AS_CSV, str(path), str(target), slow=True)
            path = target
        return sent(path, files.pop_all(), f"{id_}.{form}", MEDIA[form])
    raise AssertionError
