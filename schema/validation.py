"""Whether a document is valid, found where it holds up nobody."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged as overlaps
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from resolvers.errors import LimitExceeded

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
SHORT = 2 * 1024
"""Characters of a document that is validated in no time."""
PATIENCE = 1.0
"""Seconds for validating a longer one, in a thread."""
overlaps.MAX_COMPLEXITY_BUDGET = 20_000
"""Steps of comparing fields that have one name: graphql-core's own bound is half a
second of them. Twenty lists of the same name take 3,000."""
TOO_MANY = "Validation aborted."
"""What graphql-core says where they do not suffice."""


class Validation:
    """Validates documents. Strangers wait for each other and for nobody else."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._threads = {
            stranger: ThreadPoolExecutor(1, "validation") for stranger in (False, True)
        }

    async def errors(
        self, text: str, document: DocumentNode, most: int, *, stranger: bool
    ) -> Sequence[GraphQLError]:
        """What is wrong with a document. Raises LimitExceeded where that takes long."""
        given = (self._schema, document, RULES, most)
        if len(text) <= SHORT:
            errors = validate(*given)
        else:
            loop = asyncio.get_running_loop()
            found = loop.run_in_executor(self._threads[stranger], validate, *given)
            try:
                errors = await asyncio.wait_for(found, PATIENCE)
            except TimeoutError as error:
                raise LimitExceeded("the document takes too long to check") from error
        if any(error.message == TOO_MANY for error in errors):
            raise LimitExceeded("too many fields of the document have the same name")
        return errors


@cache
def validation(schema: GraphQLSchema) -> Validation:
    """Of all documents of a schema."""
    return Validation(schema)
