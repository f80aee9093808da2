"""The tour of models runs as it is printed: a file becomes a model that is asked."""

import asyncio
import csv

import pytest

from resolvers.equipment import Equipment
from tests.touring import ROOT, Traveller, steps

TOUR = [*steps((ROOT / "docs" / "tour-models.md").read_text())]
HOUR = 3_600.0


@pytest.fixture
async def traveller(equipment: Equipment, worker: None) -> Traveller:
    """Somebody at the end of the tour, within the first hour."""
    traveller = Traveller(equipment)
    async with asyncio.timeout(HOUR):
        for step in TOUR:
            await traveller.take(step)
    return traveller


async def test_a_file_of_messages_becomes_a_model_that_is_asked_and_traced_back(
    traveller: Traveller,
) -> None:
    told = traveller.answers
    assert told["WaitForIt"][-1]["jobProgress"]["status"] == "COMPLETED"
    learnt = told["WatchItLearn"][-1]["trainingJobProgress"]["trainingJob"]
    assert learnt["modelVersion"] == {"number": 1, "label": "1.0.0"}
    model = told["HowGoodIsIt"]["model"]
    version = model["latestVersion"]
    assert model["task"] == "SPAM"
    assert 0.9 < version["metrics"]["accuracy"] < 1
    assert version["trainingJob"]["f1Score"] == version["metrics"]["f1"]
    alias = told["ToProduction"]["modelAliasSet"]["modelAlias"]
    assert alias["modelVersion"] == {"number": 1, "isActive": True}
    said = told["IsThisSpam"]["predict"]["prediction"]
    assert (said["label"], said["modelVersion"]["number"]) == ("spam", 1)
    why = said["explanation"]
    shares = [one["contribution"] for one in why["contributions"]]
    assert why["base"] + why["rest"] + sum(shares) == pytest.approx(why["score"])
    several = told["AndThese"]["predictBatch"]["predictions"]
    assert [one["label"] for one in several] == ["spam", "ham", "spam"]
    assert len(told["WhatWasTrue"]["predictionFeedbackAdd"]["feedback"]) == 3
    live = told["LifeAndTraining"]["model"]["version"]["liveFigures"]
    assert (live["count"], live["accuracy"]) == (3, pytest.approx(2 / 3))
    used = told["HowIsItUsed"]
    statistics = used["model"]["version"]["statistics"]
    assert (statistics["total"], statistics["failed"]) == (4, 0)
    assert statistics["labels"] == {"spam": 3, "ham": 1}
    assert sum(day["predictionCount"] for day in used["viewer"]["usageAnalytics"]) == 4
    dataset = told["WhatCameOfIt"]["dataset"]
    [data] = dataset["versions"]["nodes"]
    [came] = data["modelVersions"]["nodes"]
    assert came["aliases"]["nodes"] == [{"alias": "production"}]
    assert came["predictions"]["totalCount"] == 4


def test_every_operation_of_the_tour_is_a_step_of_its_own() -> None:
    printed = (ROOT / "docs" / "tour-models.md").read_text()
    assert len(TOUR) == printed.count("```graphql") + printed.count("```sh")
    assert [int(step.title.split(".")[0]) for step in TOUR] == [
        number + 1 for number in range(len(TOUR))
    ]


def test_the_messages_are_distinct_and_of_two_labels() -> None:
    with (ROOT / "docs" / "messages.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == {"ham", "spam"}
    assert len({row["text"] for row in rows}) == len(rows) > 200
