"""The audit log, to be fetched: GET /audit/exports/{from}-{to}.jsonl, and its key."""

import re
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from resolvers import evidence
from resolvers.audit import exports
from resolvers.context import Context
from resolvers.equipment import Equipment
from server import responses
from server.sending import streamed

MEDIA = "application/x-ndjson"
NAME = re.compile(r"([1-9]\d{0,17})-([1-9]\d{0,17})\.jsonl")
EXPECTED = "an export is fetched as its mutation said: auditExport"


async def fetch(context: Context, request: Request) -> Response:
    """An export, for whoever was let fetch it."""
    name = request.path_params["name"]
    until = request.query_params.get("until", "")
    found = NAME.fullmatch(name)
    if found is None or not re.fullmatch(r"\d{1,11}", until):
        raise HTTPException(404, EXPECTED)
    part = int(found[1]), int(found[2])
    moment = datetime.fromtimestamp(int(until), UTC)
    ticket = request.query_params.get("ticket", "")
    evidence.admit(context, part, moment, ticket)
    lines = exports.lines(context, part)
    return streamed(lines, f"audit-{name}", MEDIA)


class Key:
    """Tells the key that checkpoints and exports are signed with."""

    def __init__(self, equipment: Equipment) -> None:
        self._said = {
            "algorithm": "Ed25519",
            "publicKey": equipment.notary.public_key,
        }

    async def answer(self, _: Request) -> Response:
        return responses.json(self._said)
