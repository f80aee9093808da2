"""Aliases: names that lead to one version of a model, and their history."""

import re
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from db.models import (
    Model,
    ModelAlias,
    ModelAliasMove,
    ModelVersion,
    ModelVersionStatus,
)
from resolvers.access import Actor, Permission, changeable, require, visible
from resolvers.billing.stocks import writable
from resolvers.errors import Conflict, Invalid, ModelArchived
from resolvers.models.locks import behind_model
from resolvers.writes import Transaction

PRODUCTION = "production"
"""The alias whose version is the active one."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,49}")
REASON = 500
"""Characters of a reason."""


async def point(  # noqa: PLR0913  what its mutation is told
    write: Transaction,
    version_id: UUID,
    alias: str,
    *,
    expected_number: int | None,
    protected: bool | None,
    confirm: bool,
    reason: str | None,
) -> ModelAlias:
    """Let an alias lead to a version of its model, be it new or led elsewhere before.

    One that is protected is moved, or set free, only by whoever confirms it.
    """
    require(write.actor, Permission.EDIT_MODELS)
    _require_sayable(alias, reason)
    version = await behind_model(write, ModelVersion, version_id, "model_version")
    await writable(write, Model, version.model_id, "model_version")
    if version.status is ModelVersionStatus.ARCHIVED:
        said = f"version {version.number} is archived; no alias leads to such"
        raise ModelArchived(said, "model_version")
    row = await _found(write, version.model_id, alias)
    before = row and await write.see(ModelVersion, row.model_version_id)
    _require_expected(before, expected_number)
    if row is None or before is None:
        row = ModelAlias(owner_id=version.owner_id, model_id=version.model_id)
        row.alias, row.protected = alias, bool(protected)
        row.model_version_id = version.id
        await write.add(row)
    else:
        freed = row.protected and protected is False
        if freed or before.id != version.id:
            _require_confirmed(row, confirm=confirm)
        row.protected = row.protected if protected is None else protected
        row.model_version_id = version.id
    if before is None or before.id != version.id:
        await _moved(write, row, before, version, reason)
    return row


async def delete(
    write: Transaction, id_: UUID, *, confirm: bool, reason: str | None
) -> ModelAlias:
    """Delete an alias. Its history stays."""
    require(write.actor, Permission.EDIT_MODELS)
    row = await behind_model(write, ModelAlias, id_)
    _require_sayable(row.alias, reason)
    _require_confirmed(row, confirm=confirm)
    before = await write.see(ModelVersion, row.model_version_id)
    await _moved(write, row, before, None, reason)
    await write.delete(row)
    return row


def is_production(actor: Actor, version: Any) -> sa.Exists:
    """Whether the alias production leads to it."""
    aliases = visible(actor, ModelAlias, by_key=True).where(
        ModelAlias.model_version_id == version.id, ModelAlias.alias == PRODUCTION
    )
    return aliases.exists()


async def _found(write: Transaction, model_id: UUID, alias: str) -> ModelAlias | None:
    found = await write.take(ModelAlias, _named, of=model_id, alias=alias)
    return found[0] if found else None


async def _moved(
    write: Transaction,
    alias: ModelAlias,
    before: ModelVersion | None,
    after: ModelVersion | None,
    reason: str | None,
) -> None:
    """Write down a move under the next number, while the model is locked."""
    about = {"of": alias.model_id, "alias": alias.alias}
    [(last,)] = await write.run(_last_move, **about)
    move = ModelAliasMove(
        owner_id=alias.owner_id,
        model_id=alias.model_id,
        alias=alias.alias,
        number=last + 1,
        from_version_id=before and before.id,
        to_version_id=after and after.id,
        from_number=before and before.number,
        to_number=after and after.number,
        reason=reason,
        moved_by=write.actor.user_id,
    )
    await write.add(move)


def require_name(alias: str) -> None:
    """Raises Invalid for what cannot be the name of an alias."""
    if not NAME.fullmatch(alias):
        said = f"{alias[:60]!r} is no alias: a letter, then up to 49 letters, digits"
        raise Invalid(f"{said}, dots, hyphens and underscores", "alias")


def _require_sayable(alias: str, reason: str | None) -> None:
    require_name(alias)
    if reason is not None and len(reason) > REASON:
        raise Invalid(f"a reason has at most {REASON} characters", "reason")


def _require_expected(before: ModelVersion | None, number: int | None) -> None:
    now = before.number if before else 0
    if number is not None and number != now:
        said = f"it leads to version {now}" if now else "it leads nowhere"
        raise Conflict(f"{said}, not to version {number}", "expected_number")


def _require_confirmed(alias: ModelAlias, *, confirm: bool) -> None:
    if alias.protected and not confirm:
        said = f"the alias {alias.alias!r} is protected; say confirm: true"
        raise Conflict(said, "confirm")


def _named(actor: Actor) -> sa.Select[ModelAlias]:
    return changeable(actor, ModelAlias).where(
        ModelAlias.model_id == sa.bindparam("of", type_=sa.Uuid()),
        ModelAlias.alias == sa.bindparam("alias", type_=sa.Text()),
    )


def _last_move(actor: Actor) -> sa.Select[int]:
    """The number of an alias's newest move, or 0."""
    moves = changeable(actor, ModelAliasMove).where(
        ModelAliasMove.model_id == sa.bindparam("of", type_=sa.Uuid()),
        ModelAliasMove.alias == sa.bindparam("alias", type_=sa.Text()),
    )
    last = sa.func.coalesce(sa.func.max(ModelAliasMove.number), 0)
    return moves.with_only_columns(last)
