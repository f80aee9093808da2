"""Profiles."""

import strawberry
from strawberry.scalars import JSON

from resolvers.identity import profiles
from schema.identity.users import User
from schema.nodes import Info
from schema.perform import Payload, Versioned, given, perform


@strawberry.input
class ViewerUpdateInput(Versioned):
    """What is to be different about you."""

    full_name: str | None = strawberry.UNSET
    """What you are called."""
    settings: JSON | None = strawberry.UNSET
    """What you choose for yourself, whole: an object of at most 16 KiB."""


@strawberry.type
class ViewerUpdatePayload(Payload):
    """Your account as it is now."""

    user: User | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def viewer_update(
        self, info: Info, input: ViewerUpdateInput
    ) -> ViewerUpdatePayload:
        """Change your name and your settings. API keys may not."""
        changes = given(input, full_name="full_name", settings="settings")
        done = await perform(info, profiles.update, input.expected_version, changes)
        return ViewerUpdatePayload(user=done.row, **done.told)
