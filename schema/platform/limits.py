"""What asking costs, and what holds on this server."""

from datetime import datetime
from typing import Annotated

import strawberry

from db.base import utcnow
from resolvers.access import BaseRole
from resolvers.platform import software
from schema.enums import LimitScope
from schema.nodes import Info
from schema.reads import costing
from schema.scalars import BigInt

DryRun = Annotated[
    bool,
    strawberry.argument(
        description="Whether only the cost is wanted: nothing else is done or answered."
    ),
]


@strawberry.type
class RateLimit:
    """What this operation costs, and what is left to whoever asks."""

    cost: int
    """Points that are taken for it. Those it turns out not to need are given back."""
    node_count: int
    """Objects in the largest answer to it."""
    scope: LimitScope
    """The limit that refuses first if this is asked again and again."""
    limit: int
    """The most of these."""
    used: int
    """How many of these are used, with this operation."""
    remaining: int
    """How many of these are left."""
    reset_at: datetime
    """When there are more again; of points, when there are all."""


@strawberry.type
class ServerInfo:
    """This server, and what holds on it for everybody."""

    version: str
    """Of the product."""
    database: str
    """What stores its data: `sqlite` or `postgresql`."""
    sign_up: bool
    """Whether strangers may make accounts."""
    password_minimum: int
    """Characters of a password, at least."""
    upload_bytes: BigInt
    """Bytes of the largest file."""
    columns: int
    """The most columns of a table."""
    ingest_points: int
    """The most points in one request."""
    database_version: str | None
    """Of what stores the data; null for who is no administrator."""
    database_bytes: BigInt | None
    """The room that the data take; null for who is no administrator."""


@strawberry.type
class Query:
    @strawberry.field
    async def rate_limit(
        self, info: Info, *, dry_run: DryRun = False
    ) -> RateLimit | None:
        """What this operation costs, and what you have left; null if it costs nothing.

        `limit`, `used`, `remaining` and `resetAt` are of the limit that refuses next.
        """
        if (bill := info.context.bill) is None:
            return None
        first = await bill.nearest()
        return RateLimit(
            cost=bill.points,
            node_count=bill.objects,
            scope=first.scope,
            limit=first.limit or 0,
            used=first.used,
            remaining=first.remaining or 0,
            reset_at=first.resets_at or utcnow(),
        )

    @strawberry.field(metadata=costing(10))
    async def server_info(self, info: Info) -> ServerInfo:
        """The server that answers, and what holds on it for everybody."""
        context, policy = info.context, info.context.equipment.policy
        admin = context.actor.role is BaseRole.ADMIN
        stored = await software.stored(context) if admin else None
        return ServerInfo(
            version=software.VERSION,
            database=context.database.dialect,
            sign_up=policy.sign_up,
            password_minimum=policy.password_minimum,
            upload_bytes=BigInt(policy.upload_bytes),
            columns=policy.columns,
            ingest_points=policy.ingest_points,
            database_version=stored and stored.version,
            database_bytes=stored and BigInt(stored.bytes),
        )
