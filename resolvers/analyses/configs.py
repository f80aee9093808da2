"""The parameters of maps: added to, never changed."""

import math
from typing import Any

from db.models import Optimizer, ReductionConfig
from resolvers.access import Actor, Permission, require, visible
from resolvers.errors import Invalid
from resolvers.writes import Transaction

EDITABLE = ("gamma0", "optimizer", "alpha", "end_meta", "start_dim", "end_dim")
"""What a user may choose; the other thirteen are the server's."""
NAME = 255


async def create(write: Transaction, chosen: dict[str, Any]) -> ReductionConfig:
    """Keep a choice of parameters. What is not chosen is as the server has it."""
    owner_id = require(write.actor, Permission.EDIT_ANALYSES)
    for name in ("gamma0", "alpha"):
        value = chosen.get(name)
        if value is not None and not (0 < value <= 1 and math.isfinite(value)):
            raise Invalid(f"{name} is more than 0 and at most 1, not {value}", name)
    for name in ("end_meta", "start_dim", "end_dim"):
        value = chosen.get(name)
        if value is not None and not 1 <= len(value) <= NAME:
            raise Invalid(f"{name} is the name of a column", name)
    given = {name: chosen[name] for name in EDITABLE if chosen.get(name) is not None}
    given.setdefault("optimizer", Optimizer.LBFGS)
    return await write.add(ReductionConfig(owner_id=owner_id, **given))


async def usual(write: Transaction, actor: Actor) -> ReductionConfig:
    """The user's newest parameters, or else the server's newest."""
    rows = visible(actor, ReductionConfig)
    mine = rows.where(ReductionConfig.owner_id == actor.user_id)
    for choice in (mine, rows.where(ReductionConfig.is_system)):
        newest = choice.order_by(ReductionConfig.id.desc()).limit(1)
        if config := await write.session.scalar(newest):
            return config
    raise Invalid("there are no parameters to make a map with", "config")
