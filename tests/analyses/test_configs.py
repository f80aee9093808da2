"""The parameters of maps."""

from typing import Any

import pytest
import sqlalchemy as sa

from db.session import Database
from resolvers.analyses.configs import EDITABLE
from schema import schema
from tests.conftest import As, Ask, Someone
from tests.journeys import ANALYSE, codes, csv, errors, processed

CONFIGURE = """mutation ($input: ReductionConfigCreateInput!) {
  reductionConfigCreate(input: $input) {
    reductionConfig { id isSystem gamma0 optimizer alpha endMeta startDim endDim imax
      lowdim eta epsilon beta1 beta2 beta a w1 w2 whichW1 mode paramMode }
    userErrors { code message field } } }"""
SYSTEM = {
    "imax": 1000,
    "lowdim": 2,
    "eta": 0.5,
    "epsilon": 1e-8,
    "beta1": 0.9,
    "beta2": 0.999,
    "beta": 0.5,
    "a": 0.8,
    "w1": 0.04,
    "w2": 1.0,
    "whichW1": "auto",
    "mode": "kanadaSan",
    "paramMode": 0.3,
}
USUAL = {
    "gamma0": 1e-7,
    "optimizer": "LBFGS",
    "alpha": 0.1,
    "endMeta": "participant",
    "startDim": "f_0",
    "endDim": "f_1023",
}


async def test_six_parameters_are_the_users_and_the_rest_the_servers(ask: Ask) -> None:
    query = """{ __type(name: "ReductionConfigCreateInput") {
      inputFields { name } } }"""
    fields = {one["name"] for one in (await ask(query))["__type"]["inputFields"]}
    assert fields - {"idempotencyKey"} == set(USUAL)
    assert len(EDITABLE) == 6


@pytest.mark.parametrize("name", SYSTEM)
async def test_a_parameter_of_the_servers_cannot_even_be_named(
    as_: As, name: str
) -> None:
    given = {"input": {name: SYSTEM[name]}}
    assert await codes(as_, CONFIGURE, **given) == ["BAD_REQUEST"]
    spelt = (
        f"mutation {{ reductionConfigCreate(input: {{{name}: 1}}) {{ __typename }} }}"
    )
    assert await codes(as_, spelt) == ["BAD_REQUEST"]


async def test_what_is_not_chosen_is_as_the_server_has_it(ask: Ask) -> None:
    async def configured(**given: Any) -> Any:
        payload = (await ask(CONFIGURE, input=given))["reductionConfigCreate"]
        assert payload["userErrors"] == []
        del payload["reductionConfig"]["id"]
        return payload["reductionConfig"]

    rest = {**SYSTEM, "isSystem": False}
    assert await configured() == {**USUAL, **rest}
    chosen = {"gamma0": 1.0, "optimizer": "ADAM", "startDim": "Größe"}
    assert await configured(**chosen, alpha=None) == {**USUAL, **chosen, **rest}


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"gamma0": 0}, "gamma0", "gamma0 is more than 0 and at most 1, not 0"),
        ({"gamma0": -1e-9}, "gamma0", "not -1e-09"),
        ({"alpha": 1.5}, "alpha", "alpha is more than 0 and at most 1, not 1.5"),
        ({"startDim": ""}, "startDim", "start_dim is the name of a column"),
        ({"endDim": "x" * 256}, "endDim", "end_dim is the name of a column"),
        ({"endMeta": ""}, "endMeta", "end_meta is the name of a column"),
    ],
)
async def test_parameters_that_cannot_be_are_refused(
    ask: Ask, given: dict[str, Any], field: str, said: str
) -> None:
    payload = (await ask(CONFIGURE, input=given))["reductionConfigCreate"]
    assert errors(payload) == [("INVALID", [field])]
    assert said in payload["userErrors"][0]["message"]
    assert payload["reductionConfig"] is None


async def test_a_map_is_made_with_the_users_newest_parameters_or_the_servers(
    ask: Ask, database: Database, someone: Someone, worker: None
) -> None:
    async def used() -> Any:
        given = {"kind": "REDUCTION", "dataset": dataset}
        payload = (await ask(ANALYSE, input=given))["analysisCreate"]
        return payload["analysis"] and payload["analysis"]["config"]["id"]

    async def configured(end: str) -> str:
        data = await ask(CONFIGURE, input={"endDim": end})
        return data["reductionConfigCreate"]["reductionConfig"]["id"]

    names = [f"f_{n}" for n in range(1_024)]
    dataset = await processed(ask, csv(names, [range(1_024)] * 3))
    stranger = await someone()
    await ask(CONFIGURE, stranger, input={"endDim": "f_3"})
    found = await ask("{ reductionConfigs { nodes { id isSystem } } }")
    [system] = [one["id"] for one in found["reductionConfigs"]["nodes"]]
    assert await used() == system
    await configured("f_3")
    newest = await configured("f_5")
    assert await used() == newest
    async with database.read() as session:
        count = sa.text("SELECT count(*) FROM reduction_configs")
        assert await session.scalar(count) == 4


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("nothing", "f_2", "there is no such column"),
        ("f_0", "nothing", "there is no such column; the first is 'name', the last"),
        ("f_2", "f_0", "the column stands after the end"),
        ("name", "f_2", "holds text values; a feature has a number in every row"),
        ("f_0", "gap", "column 'gap': the column has empty cells"),
    ],
)
async def test_a_map_is_not_made_of_columns_that_cannot_be_features(
    ask: Ask, worker: None, start: str, end: str, said: str
) -> None:
    rows = [["x", 1, 2, 3, ""], ["y", 2, 3, 4, 5]]
    dataset = await processed(ask, csv(["name", "f_0", "f_1", "f_2", "gap"], rows))
    data = await ask(CONFIGURE, input={"startDim": start, "endDim": end})
    config = data["reductionConfigCreate"]["reductionConfig"]["id"]
    given = {"kind": "REDUCTION", "dataset": dataset, "config": config}
    payload = (await ask(ANALYSE, input=given))["analysisCreate"]
    [error] = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["config"])
    assert said in error["message"]


def test_parameters_are_added_to_and_never_changed() -> None:
    mutations = schema.as_str().partition("type Mutation {")[2].partition("\n}")[0]
    named = [line for line in mutations.splitlines() if "reductionConfig" in line]
    assert len(named) == 1
