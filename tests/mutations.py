"""Every mutation of the schema, with an input that it accepts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)
from strawberry.utils.str_converters import to_snake_case

from db.models import Plan, Role, Tier, User
from resolvers.access import BaseRole
from schema.ids import prefix, spell
from tests.billing.rows import PLANS
from tests.contract import TYPES, named
from tests.factories import ROLES

FIELDS: Mapping[str, Any] = TYPES["Mutation"].fields
PASSWORD = "engines weave algebra"  # noqa: S105  nobody's
PLAIN: dict[str, Any] = {
    "Boolean": True,
    "BigInt": "1",
    "DateTime": "2026-11-20T04:17:56Z",
    "Decimal": "0.25",
    "Float": 1.0,
    "Int": 1,
    "JSON": {},
    "String": "a name",
}
NAMED = {
    "alias": "production",
    "documents": "{ __typename }",
    "email": "grace@example.org",
    "expiresIn": 3_600,
    "invitationCode": None,
    "password": PASSWORD,
    "severityBands": False,
}
"""Values of fields that no other value would do for."""
KINDS = {
    "analysis": "analysis",
    "config": "reduction_config",
    "dataset": "dataset",
    "datasetVersion": "dataset_version",
    "model": "model",
    "modelVersion": "model_version",
    "plan": "plan",
    "prediction": "prediction",
    "reference": "reduction_result",
    "referenceVersion": "dataset_version",
    "role": "role",
    "shadow": "model_version",
    "upload": "file_upload",
    "uploads": "file_upload",
    "user": "user",
}
"""What the ids in inputs are of, but for `id`, which is of what the mutation is."""
CALLED = {
    "plan_subscription": "subscription",
    "provider_reservation": "provider_call",
}
"""What mutations call a kind of row, where they do not say all of its name."""
EVERYBODYS = {"plan"}
"""Kinds of rows that everybody sees."""

OWN = {
    "apiKeyCreate",
    "apiKeyRevoke",
    "apiKeyRotate",
    "emailChange",
    "emailVerifyRequest",
    "invitationRedeem",
    "logout",
    "passwordChange",
    "recoveryCodesRenew",
    "sessionConfirm",
    "sessionRevoke",
    "sessionsRevokeOthers",
    "twoFactorConfirm",
    "twoFactorDisable",
    "twoFactorEnroll",
    "userDeactivate",
    "viewerExport",
    "viewerUpdate",
}
"""Mutations of one's own account, which take no permission."""


def ids_of(rows: Iterable[Any], owner: UUID | None) -> dict[str, str]:
    """An id of each kind: of the rows of an owner, of these, of a role and a plan."""
    more = [User(id=owner), Role(id=ROLES[BaseRole.VIEWER]), Plan(id=PLANS[Tier.PRO])]
    return {prefix(type(row)): spell(row) for row in (*more, *rows)}


@dataclass
class File:
    """A file as it comes in a request."""

    content: bytes = b"f_0,f_1\n1,2\n3,4\n"
    filename: str = "a.csv"

    async def read(self, size: int) -> bytes:
        taken, self.content = self.content[:size], self.content[size:]
        return taken


@dataclass
class Asked:
    """A mutation, what it is given, and where ids are in that."""

    name: str
    ids: Mapping[str, str]
    """An id of each kind."""
    places: list[tuple[tuple[str, ...], str]] = field(
        default_factory=list[tuple[tuple[str, ...], str]]
    )
    """Each place that has an id, and its kind."""

    @property
    def text(self) -> str:
        definition = FIELDS[self.name]
        below = " ".join(shown(named(definition)))
        if not definition.args:
            return f"mutation {{ {self.name} {{ {below} }} }}"
        type_ = definition.args["input"].type
        return (
            f"mutation ($input: {type_}) {{ {self.name}(input: $input) {{ {below} }} }}"
        )

    def input(self) -> dict[str, Any]:
        """Everything that can be given, but for keys of idempotency and versions."""
        self.places.clear()
        if not FIELDS[self.name].args:
            return {}
        return self._object(named(FIELDS[self.name].args["input"]), ())

    def _object(self, type_: Any, path: tuple[str, ...]) -> dict[str, Any]:
        return {
            name: self._value(one.type, (*path, name))
            for name, one in type_.fields.items()
            if name not in {"idempotencyKey", "expectedVersion"}
        }

    def _value(self, type_: Any, path: tuple[str, ...]) -> Any:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            return [self._value(type_.of_type, path)]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, path)
        if isinstance(type_, GraphQLEnumType):
            return next(iter(type_.values))
        if type_.name == "ID":
            kind = self._kind(path)
            if kind not in EVERYBODYS:
                self.places.append((path, kind))
            return self.ids[kind]
        if type_.name == "Upload":
            return File()
        return NAMED.get(path[-1], PLAIN.get(type_.name))

    def _kind(self, path: tuple[str, ...]) -> str:
        if path[-1] != "id":
            return KINDS[next(name for name in reversed(path) if name in KINDS)]
        name = to_snake_case(self.name)
        known = [one for one in self.ids if name.startswith(CALLED.get(one, one))]
        return max(known, key=len)


def shown(type_: GraphQLObjectType) -> Iterator[str]:
    """The fields of a payload, and of its objects the ids."""
    for name, one in type_.fields.items():
        below: Any = named(one)
        if name == "userErrors":
            yield "userErrors { code message field }"
        elif not isinstance(below, GraphQLObjectType):
            yield name
        else:
            yield f"{name} {{ {'id' if 'id' in below.fields else '__typename'} }}"
