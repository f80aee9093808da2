"""The second factor: turned on and off, and shown to be let in."""

import strawberry

from db import models
from resolvers.identity import challenges, factors, recovery, sessions
from resolvers.identity.factors import Shown
from schema.identity.entrances import Entrance, entered, nobody
from schema.identity.users import User
from schema.ids import row_id
from schema.nodes import Info
from schema.perform import Payload, perform
from schema.reads import costing


@strawberry.input
class LoginConfirmInput:
    """What is shown besides the password: either of two codes."""

    challenge: str
    """What `login` gave you, good for five minutes and five tries."""
    code: str | None = None
    """The code that your device shows at this moment."""
    recovery_code: str | None = None
    """One of your recovery codes, if you have lost the device."""


@strawberry.type
class LoginConfirmPayload(Entrance):
    """Your account, and tokens of a new session."""


@strawberry.type
class TwoFactorEnrollPayload(Payload):
    """What your device makes its codes from. It is shown this once."""

    secret: str | None
    """The secret, to be typed; null where there are errors."""
    uri: str | None
    """The same as an `otpauth` address, to be shown as a picture."""


@strawberry.input
class TwoFactorConfirmInput:
    """What shows that your device has the secret."""

    code: str
    """The code that it shows at this moment."""


@strawberry.type
class RecoveryCodes(Payload):
    """Your account, and codes for when you have lost your device."""

    user: User | None
    """You; null where there are errors."""
    recovery_codes: list[str] | None
    """Ten, each good for one login. They are shown this once; keep them apart."""


@strawberry.type
class TwoFactorConfirmPayload(RecoveryCodes):
    """Your account, which asks for a code at each login from now on."""


@strawberry.type
class RecoveryCodesRenewPayload(RecoveryCodes):
    """Codes in place of those that you had."""


@strawberry.type
class TwoFactorDisablePayload(Payload):
    """Your account, which asks for no code any more."""

    user: User | None
    """You; null where there are errors."""


@strawberry.input
class UserTwoFactorResetInput:
    """Who has lost both device and recovery codes."""

    id: strawberry.ID
    """The user's id."""


@strawberry.type
class UserTwoFactorResetPayload(Payload):
    """The account, which asks for no code any more."""

    user: User | None
    """Null where there are errors."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(50, alone=True))
    async def login_confirm(
        self, info: Info, input: LoginConfirmInput
    ) -> LoginConfirmPayload:
        """Begin the session that `login` asked a code for.

        Wrong codes count as wrong passwords do.
        """
        opening = sessions.opening(info.context.equipment)
        shown = Shown(input.code, input.recovery_code)
        done = await challenges.confirm(info.context, input.challenge, shown, opening)
        if done.row is None:
            return LoginConfirmPayload(**nobody(done.refusal))
        user, actor = done.row.user, done.row.actor
        return LoginConfirmPayload(**entered(info, user, actor, opening))

    @strawberry.mutation
    async def two_factor_enroll(self, info: Info) -> TwoFactorEnrollPayload:
        """Make a secret for your device. It counts after `twoFactorConfirm`."""
        secret = factors.secret()
        kept = await perform(info, factors.enroll, info.context.equipment, secret)
        if kept.row is None:
            return TwoFactorEnrollPayload(secret=None, uri=None, **kept.told)
        uri = factors.uri(secret, kept.row.email)
        return TwoFactorEnrollPayload(secret=secret, uri=uri, **kept.told)

    @strawberry.mutation
    async def two_factor_confirm(
        self, info: Info, input: TwoFactorConfirmInput
    ) -> TwoFactorConfirmPayload:
        """Have each login ask for a code from now on."""
        equipment, codes = info.context.equipment, recovery.fresh()
        on = await perform(info, factors.confirm, equipment, input.code, codes)
        shown = codes if on.row else None
        return TwoFactorConfirmPayload(user=on.row, recovery_codes=shown, **on.told)

    @strawberry.mutation
    async def two_factor_disable(self, info: Info) -> TwoFactorDisablePayload:
        """Have logins ask for your password alone. The recovery codes are void then."""
        off = await perform(info, factors.disable, info.context.equipment.policy)
        return TwoFactorDisablePayload(user=off.row, **off.told)

    @strawberry.mutation
    async def recovery_codes_renew(self, info: Info) -> RecoveryCodesRenewPayload:
        """Make ten new recovery codes. All that you had are void then."""
        keys, codes = info.context.equipment.keys, recovery.fresh()
        made = await perform(info, recovery.renew, keys, codes)
        shown = codes if made.row else None
        return RecoveryCodesRenewPayload(
            user=made.row, recovery_codes=shown, **made.told
        )

    @strawberry.mutation
    async def user_two_factor_reset(
        self, info: Info, input: UserTwoFactorResetInput
    ) -> UserTwoFactorResetPayload:
        """As an administrator, turn off the second factor of who has lost theirs."""
        policy, id_ = info.context.equipment.policy, row_id(input.id, models.User)
        off = await perform(info, factors.reset, policy, id_)
        return UserTwoFactorResetPayload(user=off.row, **off.told)
