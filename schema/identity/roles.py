"""Roles."""

import strawberry

from db import models
from schema.nodes import Entity


@strawberry.type
class Role(Entity, of=models.Role):
    """What its holders may do."""

    name: str
    description: str | None
    is_system: bool
