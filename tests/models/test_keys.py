"""What a program asks of a model is kept with the key that it asks with."""

from dataclasses import replace
from typing import Any

from db.models import ApiKey
from resolvers.access import Actor, Permission
from schema.ids import spell
from tests.conftest import Ask, Save
from tests.factories import a_key
from tests.models.trained import BATCH, PREDICT, Spam, kept, spam

__all__ = ["kept", "spam"]
MADE = "{ predictions { nodes { source apiKey { id name } } } }"


async def test_a_prediction_says_with_which_key_it_was_asked(
    spam: Spam, ask: Ask, save: Save, analyst: Actor
) -> None:
    key: ApiKey = await save(a_key(analyst))
    may = frozenset({Permission.PREDICT})
    program = replace(analyst, key_id=key.id, granted=may)
    about: dict[str, Any] = {"modelVersion": spell(spam.version)}
    await spam.predict(text="by hand", source="hand")
    await ask(PREDICT, actor=program, input={**about, "text": "one"})
    several = {**about, "data": [{"text": "one"}, {"text": "two"}]}
    await ask(BATCH, actor=program, input=several)
    made = (await ask(MADE))["predictions"]["nodes"]
    by_key = [one["apiKey"] for one in made if one["source"] != "hand"]
    assert by_key == [{"id": spell(key), "name": key.name}] * 3
    assert [one["apiKey"] for one in made if one["source"] == "hand"] == [None]
