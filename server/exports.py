"""Files of models, to be fetched: GET /models/versions/{id} or {id}.onnx."""

from contextlib import AsyncExitStack

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from compute.artifacts.errors import ArtifactError
from compute.remote import EXPORTED
from db import models
from resolvers.context import Context
from resolvers.models.choices import TRAINED
from schema.ids import row_id
from server.sending import sent

MEDIA = "application/octet-stream"
ONNX = models.ArtifactKind.ONNX
EXPECTED = "a version is fetched as /models/versions/{id}, or with .onnx as ONNX"
ELSEWHERE = "a model that was not trained here is had as it came: leave .onnx out"


async def fetch(context: Context, request: Request) -> Response:
    """The file of a version as it is kept, or written as ONNX."""
    id_, dot, form = request.path_params["name"].partition(".")
    if (dot, form) not in {("", ""), (".", ONNX)}:
        raise HTTPException(404, EXPECTED)
    key = row_id(id_, models.ModelVersion)
    version = await context.loaders.row(models.ModelVersion).load(key)
    if version is None:
        raise HTTPException(404, "no ModelVersion has this id")
    converted = bool(form) and version.artifact is not ONNX
    if converted and version.signature_source != TRAINED:
        raise HTTPException(409, ELSEWHERE)
    async with AsyncExitStack() as files:
        store = context.equipment.store
        path = await files.enter_async_context(store.local(version.file_path))
        if converted:
            target = await files.enter_async_context(store.scratch())
            given = (str(path), version.sha256, str(target))
            try:
                await context.compute.run(EXPORTED, *given, slow=True)
            except ArtifactError as error:
                raise HTTPException(409, str(error)) from error
            path = target
        return sent(path, files.pop_all(), id_ + dot + form, MEDIA)
    raise AssertionError
