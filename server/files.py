"""Files that come by themselves, of any size: POST /upload?name=readings.csv."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from resolvers.context import Context
from resolvers.datasets import uploads
from schema.ids import spell
from server import responses
from server.callers import body, payload, status


async def upload(context: Context, request: Request) -> Response:
    """Take a file in as it comes; what is answered is fileUpload's payload.

    The name is the query parameter `name`. With an `Idempotency-Key` header the same
    file is kept once.
    """
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        said = "the body is the file itself, not a form: curl --data-binary @file"
        raise HTTPException(415, said)
    if coding := request.headers.get("content-encoding"):
        raise HTTPException(415, f"a body is sent as it is, not as {coding!r}")
    name = request.query_params.get("name", "upload.csv")
    key = request.headers.get("idempotency-key")
    done = await uploads.take(context, "fileUpload", key, name, body(request))
    shown = None if done.row is None else _shown(done.row)
    return responses.json(payload(done, fileUpload=shown), status(done))


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
