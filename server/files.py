"""Files that come by themselves, of any size, as `curl --data-binary` sends them."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from db.models import Model
from resolvers.context import Context
from resolvers.datasets import uploads
from resolvers.models import files
from resolvers.models.files import Said
from schema.ids import row_id, spell
from server import responses
from server.callers import body, payload, status

SAID = ("label", "description", "algorithm", "framework")
"""What may be said of a model's version in the address."""


async def upload(context: Context, request: Request) -> Response:
    """Take a table in as it comes; what is answered is fileUpload's payload.

    The name is the query parameter `name`. With an `Idempotency-Key` header the same
    file is kept once.
    """
    _require_plain(request)
    name = request.query_params.get("name", "upload.csv")
    key = request.headers.get("idempotency-key")
    done = await uploads.take(context, "fileUpload", key, name, body(request))
    shown = None if done.row is None else _shown(done.row)
    return responses.json(payload(done, fileUpload=shown), status(done))


async def model(context: Context, request: Request) -> Response:
    """Take a model's file in as it comes: modelVersionCreate's payload is answered.

    The model's id is the query parameter `model`; label, description, algorithm and
    framework are others, and `tag` any number of times.
    """
    _require_plain(request)
    given = request.query_params
    said = Said(**{name: given.get(name) for name in SAID}, tags=given.getlist("tag"))
    key = request.headers.get("idempotency-key")
    about = (row_id(given.get("model", ""), Model), said, body(request))
    done = await files.take(context, "modelVersionCreate", key, *about)
    shown = None if done.row is None else _version(done.row)
    return responses.json(payload(done, modelVersion=shown), status(done))


def _require_plain(request: Request) -> None:
    """Raises HTTPException for a body that is not the file itself."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        said = "the body is the file itself, not a form: curl --data-binary @file"
        raise HTTPException(415, said)
    if coding := request.headers.get("content-encoding"):
        raise HTTPException(415, f"a body is sent as it is, not as {coding!r}")


def _version(row: Any) -> dict[str, Any]:
    return {
        "id": spell(row),
        "number": row.number,
        "label": row.label,
        "artifact": row.artifact.name,
        "loadable": row.loadable,
        "warnings": row.warnings,
        "fileSize": str(row.file_size),
        "sha256": row.sha256,
    }


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": spell(row),
        "originalFilename": row.original_filename,
        "fileSize": str(row.file_size),
        "sha256": row.sha256,
        "status": row.status.name,
        "rowCount": row.row_count,
        "columns": row.columns,
    }
