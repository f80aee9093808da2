"""What a client does on its way from a file to live alerts."""

import asyncio
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from compute.tables import arrow
from db.base import Base
from db.models import AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, visible
from schema import schema
from tests.conftest import As, Ask

SECONDS = 60.0
"""For a job to end, on a machine that is busy with other tests."""
ERRORS = "userErrors { code message field }"
UPLOAD = f"""mutation ($input: FileUploadInput!) {{ fileUpload(input: $input) {{
  fileUpload {{ id originalFilename fileSize sha256 status rowCount columns }}
  idempotencyReplayed {ERRORS} }} }}"""
CREATE = f"""mutation ($input: DatasetCreateInput!) {{ datasetCreate(input: $input) {{
  dataset {{ id version name description tags metadata status isActive rowCount
    columnCount sizeBytes fileUploads {{ nodes {{ id }} }} }}
  idempotencyReplayed {ERRORS} }} }}"""
PROCESS = f"""mutation ($input: DatasetProcessInput!) {{
  datasetProcess(input: $input) {{ dataset {{ status job {{ id }} }} {ERRORS} }} }}"""
ANALYSE = f"""mutation ($input: AnalysisCreateInput!) {{
  analysisCreate(input: $input) {{ analysis {{ id name kind status sensitivity
    config {{ id }} dataset {{ id }} }} {ERRORS} }} }}"""
RUN = f"""mutation ($id: ID!) {{ analysisRun(input: {{id: $id}}) {{
  analysis {{ status job {{ id }} }} {ERRORS} }} }}"""
CANCEL = f"""mutation ($id: ID!) {{ analysisCancel(input: {{id: $id}}) {{
  analysis {{ status }} {ERRORS} }} }}"""
FOUND = """query ($id: ID!) { analysis(id: $id) {
  status errorMessage results completedAt
  reductionResult { id pointCount cost } job { status error } } }"""
INGEST = f"""mutation ($input: MonitorPointsIngestInput!) {{
  monitorPointsIngest(input: $input) {{ accepted anomalyCount lastProcessOrder
    idempotencyReplayed analysis {{ id }} {ERRORS} }} }}"""
DATASET = """query ($id: ID!) { dataset(id: $id) { status rowCount columnCount schema
  sizeBytes processedAt job { status error progress }
  fileUploads { nodes { id status errorMessage mergedFiles { id } originalFilename
    featureNames rowCount } }
  versions { nodes { id number sha256 rowCount columnCount schema profile warnings
    fileUpload { id } } } } }"""
UNDER_WAY = {"PENDING", "RUNNING", "PROCESSING"}


class File(io.BytesIO):
    """A file as a server is given it."""

    def __init__(self, content: bytes, filename: str | None = "readings.csv") -> None:
        super().__init__(content)
        self.filename = filename

    async def read(self, size: int | None = -1) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]  as starlette has it
        return super().read(size)


def errors(payload: Any) -> list[tuple[str, list[str]]]:
    """The codes and fields of a payload's errors."""
    return [(one["code"], one["field"]) for one in payload["userErrors"]]


def csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    lines = [",".join(map(str, row)) for row in (names, *rows)]
    return ("\n".join(lines) + "\n").encode()


def parquet(columns: dict[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    arrow.parquet.write_table(arrow.pa.table(columns), file)
    return file.getvalue()


async def codes(as_: As, query: str, **variables: Any) -> list[str]:
    """The codes of what an operation is denied for."""
    result = await schema.execute(query, variables, context_value=as_())
    return [str((one.extensions or {}).get("code")) for one in result.errors or []]


async def uploaded(ask: Ask, content: bytes, name: str = "readings.csv") -> str:
    """The id of a file, once it is kept."""
    data = await ask(UPLOAD, input={"file": File(content, name)})
    assert data["fileUpload"]["userErrors"] == []
    return data["fileUpload"]["fileUpload"]["id"]


async def created(ask: Ask, *contents: bytes, **given: Any) -> str:
    """The id of a dataset that is made of files."""
    ids = [await uploaded(ask, content) for content in contents]
    usual = {"name": "Bearing", "uploads": ids}
    payload = (await ask(CREATE, input={**usual, **given}))["datasetCreate"]
    assert payload["userErrors"] == []
    return payload["dataset"]["id"]


async def processed(ask: Ask, *contents: bytes, **given: Any) -> str:
    """The id of a dataset that was processed. A worker must be at work."""
    id_ = await created(ask, *contents, **given)
    await process(ask, id_)
    return id_


async def process(ask: Ask, id_: str, uploads: list[str] | None = None) -> Any:
    """A dataset, once its newest version is there."""
    asked = {"id": id_, "uploads": uploads}
    payload = (await ask(PROCESS, input=asked))["datasetProcess"]
    assert payload["userErrors"] == []
    dataset = await settled(ask, DATASET, id_)
    assert dataset["status"] == "PROCESSED", dataset
    return dataset


async def analysed(ask: Ask, kind: str, **given: Any) -> str:
    """The id of an analysis that was described."""
    payload = (await ask(ANALYSE, input={"kind": kind, **given}))["analysisCreate"]
    assert payload["userErrors"] == []
    return payload["analysis"]["id"]


async def run(ask: Ask, id_: str) -> None:
    payload = (await ask(RUN, id=id_))["analysisRun"]
    assert payload["userErrors"] == []


async def mapped(ask: Ask, dataset: str, **given: Any) -> Any:
    """A map's analysis, once it has ended. A worker must be at work."""
    id_ = await analysed(ask, "REDUCTION", dataset=dataset, **given)
    await run(ask, id_)
    return {"id": id_, **await settled(ask, FOUND, id_)}


async def settled(ask: Ask, query: str, id_: str) -> Any:
    """What a query finds, once no job is at it. The test fails if that takes long."""
    kind = id_.partition("_")[0]
    look = f"query ($id: ID!) {{ {kind}(id: $id) {{ status }} }}"
    until = time.monotonic() + SECONDS
    while (await ask(look, id=id_))[kind]["status"] in UNDER_WAY:
        if time.monotonic() > until:
            raise TimeoutError(f"{id_} has not ended")
        await asyncio.sleep(0.02)
    return (await ask(query, id=id_))[kind]


async def counted(database: Database, model: type[Base]) -> int:
    """How many rows there are."""
    rows = visible(SYSTEM, model).with_only_columns(sa.func.count(model.id))
    async with database.read() as session:
        return (await session.execute(rows)).scalar_one()


async def last_entries(database: Database, count: int) -> list[tuple[str, str, str]]:
    """What the newest entries of the audit say: action, outcome and code."""
    rows = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq.desc()).limit(count)
    async with database.read() as session:
        entries = list(await session.scalars(rows))
    return [
        (one.action, one.status.value, one.payload.get("refused", {}).get("code", ""))
        for one in reversed(entries)
    ]


def kept(tmp_path: Path) -> list[str]:
    """The keys of all files in the store of a test."""
    files = tmp_path / "files"
    found = (path for path in files.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(files)) for path in found)
