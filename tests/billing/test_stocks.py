"""Of what is limited by how much there is, the oldest stay what they were."""

import asyncio
from typing import Any

import pytest

from db.models import Tier
from resolvers.access import Actor
from schema.ids import spell
from tests.billing.conftest import CHANGE, Start
from tests.conftest import Ask, Save, Someone
from tests.factories import a_dataset, an_upload
from tests.modelling import a_model, a_model_version

KEPT, AT_ONCE = 5, 20
ERRORS = "userErrors { code message field limit { scope metric limit used upgradeTo } }"
LIMITS = "{ viewer { limits { scope metric limit used remaining } } }"


def asked(name: str, below: str = "") -> str:
    """A mutation by its name, with whatever it is given."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    return (
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {below} {ERRORS} }} }}"
    )


async def came(ask: Ask, name: str, /, **given: Any) -> Any:
    return (await ask(asked(name), input=given))[name]["userErrors"]


@pytest.fixture
async def little(start: Start, analyst: Actor) -> str:
    """A subscription with which one keeps five datasets and two models."""
    limits = {"datasets_kept": KEPT, "models_kept": 2}
    made = await start(Tier.PRO, analyst, limits=limits)
    return made["subscription"]["id"]


async def datasets(ask: Ask, save: Save, analyst: Actor, count: int) -> list[Any]:
    """What comes of so many at once, without the errors of those that are made."""
    uploads = [await save(an_upload(analyst)) for _ in range(count)]
    made = (
        came(ask, "datasetCreate", name="Pump", uploads=[spell(one)]) for one in uploads
    )
    return [errors[0] for errors in await asyncio.gather(*made) if errors]


@pytest.mark.usefixtures("little")
async def test_of_many_at_a_time_as_many_are_made_as_are_kept(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    refused = await datasets(ask, save, analyst, AT_ONCE)
    assert len(refused) == AT_ONCE - KEPT
    stock = {"scope": "STOCK", "metric": "datasets_kept", "limit": KEPT, "used": KEPT}
    for error in refused:
        assert (error["code"], error["limit"]) == (
            "LIMIT_EXCEEDED",
            {**stock, "upgradeTo": "TEAM"},
        )
    assert "pro has 5 datasets kept, and there are 5" in refused[0]["message"]
    found = await ask("{ datasets { totalCount nodes { id } } }")
    assert found["datasets"]["totalCount"] == KEPT


@pytest.mark.usefixtures("little")
async def test_what_is_deleted_makes_room(ask: Ask, save: Save, analyst: Actor) -> None:
    kept = [await save(a_dataset(analyst)) for _ in range(KEPT)]
    assert len(await datasets(ask, save, analyst, 1)) == 1
    assert await came(ask, "datasetDelete", id=spell(kept[0])) == []
    assert await datasets(ask, save, analyst, 1) == []


async def test_after_a_downgrade_the_newest_datasets_are_read_and_deleted_only(
    ask: Ask, save: Save, analyst: Actor, little: str, admin: Actor
) -> None:
    kept = [await save(a_dataset(analyst)) for _ in range(3)]
    upload = await save(an_upload(analyst))
    given = {"id": little, "limits": {"datasets_kept": 2}}
    less = (await ask(CHANGE, admin, input=given))["subscriptionChange"]
    assert less["userErrors"] == []
    oldest, newest = spell(kept[1]), spell(kept[2])
    assert await came(ask, "datasetUpdate", id=oldest, name="Old") == []
    changes: dict[str, dict[str, Any]] = {
        "datasetUpdate": {"name": "New"},
        "datasetArchive": {},
        "datasetProcess": {},
        "datasetMerge": {"uploads": [spell(upload)]},
    }
    for name, more in changes.items():
        [error] = await came(ask, name, id=newest, **more)
        assert (error["code"], error["field"]) == ("LIMIT_EXCEEDED", ["id"]), name
        assert error["limit"]["used"] == 3
        assert "can be read and deleted" in error["message"]
    read = await ask("query ($id: ID!) { dataset(id: $id) { name } }", id=newest)
    assert read["dataset"]["name"] == kept[2].name
    assert await came(ask, "datasetDelete", id=newest) == []


@pytest.mark.usefixtures("little")
async def test_the_newest_models_are_asked_and_deleted_only(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    models = [await save(a_model(analyst)) for _ in range(3)]
    first, last = [await save(a_model_version(one)) for one in models[1:]]
    oldest, newest = spell(models[1]), spell(models[2])
    for model, version, refused in ((oldest, first, 0), (newest, last, 1)):
        alias = {"modelVersion": spell(version), "alias": "best"}
        changes: dict[str, dict[str, Any]] = {
            "modelUpdate": {"id": model, "description": "Wear"},
            "modelVersionUpdate": {"id": spell(version), "description": "Wear"},
            "modelVersionSetStatus": {"id": spell(version), "status": "DEPRECATED"},
            "modelAliasSet": alias,
        }
        for name, given in changes.items():
            errors = await came(ask, name, **given)
            assert [one["code"] for one in errors] == ["LIMIT_EXCEEDED"] * refused, name
    new = {"name": "another", "task": "CLASSIFICATION"}
    [error] = await came(ask, "modelCreate", **new)
    assert error["limit"]["metric"] == "models_kept"
    assert await came(ask, "modelDelete", id=newest, force=True) == []


async def test_limits_of_what_is_kept_are_told_where_there_are_any(
    ask: Ask, save: Save, analyst: Actor, start: Start
) -> None:
    async def told() -> dict[str, Any]:
        limits = (await ask(LIMITS))["viewer"]["limits"]
        return {one["metric"]: one for one in limits if one["scope"] == "STOCK"}

    await save(a_dataset(analyst))
    assert await told() == {}
    await start(Tier.PRO, analyst, limits={"datasets_kept": 4})
    assert await told() == {
        "datasets_kept": {
            "scope": "STOCK",
            "metric": "datasets_kept",
            "limit": 4,
            "used": 1,
            "remaining": 3,
        }
    }


async def test_what_others_keep_does_not_count(
    ask: Ask, save: Save, analyst: Actor, someone: Someone, little: str
) -> None:
    other = await someone()
    for _ in range(KEPT):
        await save(a_dataset(other))
    assert await datasets(ask, save, analyst, 1) == []


async def test_administrators_keep_as_much_as_they_like(
    ask: Ask, save: Save, start: Start, admin: Actor
) -> None:
    await start(Tier.PRO, admin, limits={"datasets_kept": 0})
    upload = await save(an_upload(admin))
    given = {"name": "Pump", "uploads": [spell(upload)]}
    text = asked("datasetCreate")
    assert (await ask(text, admin, input=given))["datasetCreate"]["userErrors"] == []
