"""Files of models that mean harm, from their upload to what they are asked."""

from typing import Any

from resolvers.equipment import Equipment
from tests.conftest import Ask
from tests.models.registry import Registry, registry
from tests.models.trained import PREDICT, SPAM, Kept, kept

__all__ = ["kept", "registry"]


async def asked(ask: Ask, version: Any, **given: Any) -> Any:
    given = {"modelVersion": version["id"], **given}
    return (await ask(PREDICT, input=given))["predict"]


async def test_a_model_of_our_kind_that_was_brought_is_never_loaded_in_the_server(
    registry: Registry, kept: Kept, equipment: Equipment, ask: Ask
) -> None:
    version = await registry.version(await registry.model(task="SPAM"), kept.content)
    assert (version["artifact"], version["loadable"]) == ("HELIOGRAPH", True)
    payload = await asked(ask, version, text=SPAM[0])
    assert payload["prediction"]["label"] == "spam"
    models: Any = equipment.models
    assert models.weight == 0
