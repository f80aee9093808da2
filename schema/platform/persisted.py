"""Documents that are asked by their ids instead of their texts."""

import asyncio
from datetime import datetime

import strawberry
from graphql import DocumentNode, GraphQLError

from db import models
from resolvers.errors import Invalid, LimitExceeded
from resolvers.platform import persisted
from schema.bounds import Bounds, parsed
from schema.connections import Connection
from schema.documents import SHELF, Valid
from schema.edges import found, listed
from schema.ids import row_id
from schema.lists.platform import PersistedOperationFilter, PersistedOperationOrder
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, Payload, Performed, perform
from schema.reads import costing
from schema.validation import validation

BOUNDS = Bounds()


@strawberry.type
class PersistedOperation(Entity, of=models.PersistedOperation):
    """A document that is asked by its digest, without its text."""

    created_at: datetime
    sha256: str
    name: str
    document: str
    is_shared: bool


@strawberry.input
class PersistedOperationsRegisterInput(Keyed):
    """Documents to register."""

    documents: list[str]
    """From 1 to 100 of them, as they would be asked."""


@strawberry.type
class PersistedOperationsRegisterPayload(Creation):
    """The ids by which the documents may be asked now."""

    document_ids: list[str]
    """In the order of the documents; empty where there are errors."""


@strawberry.input
class PersistedOperationDeleteInput:
    """A document to delete."""

    id: strawberry.ID
    """The document."""


@strawberry.type
class PersistedOperationDeletePayload(Payload):
    """The id of what is gone."""

    deleted_id: strawberry.ID | None
    """Null where there are errors."""


@strawberry.type
class Query:
    persisted_operation: PersistedOperation | None = found(models.PersistedOperation)
    """A document of yours, or of everybody's."""
    persisted_operations: Connection[PersistedOperation] = listed(
        models.PersistedOperation, PersistedOperationFilter, PersistedOperationOrder
    )
    """Your documents, and everybody's."""


@strawberry.type
class Mutation:
    @strawberry.mutation(metadata=costing(100))
    async def persisted_operations_register(
        self, info: Info, input: PersistedOperationsRegisterInput
    ) -> PersistedOperationsRegisterPayload:
        """Have documents that are asked by their ids: `{"documentId": "sha256:…"}`.

        Yours answer you; those of an administrator answer everybody. To register one
        again changes nothing.
        """

        async def check(text: str) -> str:
            return await _name(info.schema, text)

        name, key = info.field_name, input.idempotency_key
        given = name, key, input.documents, check
        done = Performed(await persisted.register(info.context, *given))
        kept = [] if done.done.refusal else input.documents
        ids = [persisted.id_of(text) for text in kept]
        return PersistedOperationsRegisterPayload(document_ids=ids, **done.created)

    @strawberry.mutation
    async def persisted_operation_delete(
        self, info: Info, input: PersistedOperationDeleteInput
    ) -> PersistedOperationDeletePayload:
        """Delete a document. Within five seconds it answers nobody any more."""
        id_ = row_id(input.id, models.PersistedOperation)
        done = await perform(info, persisted.delete, id_)
        gone = None if done.row is None else input.id
        return PersistedOperationDeletePayload(deleted_id=gone, **done.told)


async def _name(schema: strawberry.Schema, text: str) -> str:
    """Of a document's first operation, once the document is found valid.

    Raises Invalid.
    """
    if not (valid := SHELF.get(schema, text)):
        await asyncio.sleep(0)  # there may be many; others have their turn
        valid = Valid(await _valid(schema, text))
    return next(iter(valid.operations.values())).name


async def _valid(schema: strawberry.Schema, text: str) -> DocumentNode:
    graphql = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  Strawberry has no other way to it
    try:
        document = parsed(text, BOUNDS)
        given = text, document, 1
        wrong = await validation(graphql).errors(*given, stranger=False)
    except (GraphQLError, LimitExceeded) as error:
        raise Invalid(str(error)) from error
    if wrong:
        raise Invalid(wrong[0].message)
    return document
