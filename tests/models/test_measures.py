"""Versions are found by how good they are."""

import pytest

from tests.conftest import As
from tests.models.registry import Registry, registry, told
from tests.web import bearer, web

__all__ = ["bearer", "registry", "web"]


@pytest.mark.parametrize("compiles", [True, False])
async def test_versions_are_found_by_their_measures_and_tags(
    registry: Registry, as_: As, *, compiles: bool
) -> None:
    model = await registry.model()
    for f1, tags in ((0.8, ["a"]), (0.95, ["a"]), (0.97, []), (1, ["a", "b"])):
        await registry.version(model, metrics={"f1": f1, "a b's": 1}, tags=tags)
    await registry.version(model, tags=["a"])
    query = """query ($filter: ModelVersionFilter) {
        modelVersions(filter: $filter) { totalCount nodes { number } } }"""
    for given, numbers in (
        ({"metric": {"name": "f1", "gte": 0.9}, "tags": {"has": "a"}}, [4, 2]),
        ({"metric": {"name": "f1", "gt": 0.8, "lt": 1}}, [3, 2]),
        ({"metric": {"name": "a b's", "lte": 1}}, [4, 3, 2, 1]),
        ({"metric": {"name": "recall", "gte": 0}}, []),
    ):
        found = await told(as_(compiles=compiles), query, filter=given)
        shown = [one["number"] for one in found["modelVersions"]["nodes"]]
        assert (shown, found["modelVersions"]["totalCount"]) == (numbers, len(numbers))
