"""The whole way from a file to one live alert, over the wire and nothing else."""

import csv
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from resolvers.equipment import Equipment
from server.app import create_app
from server.settings import Settings
from tests import journeys
from tests.compute.spectra import MONITOR, auroc, spectra
from tests.journeys import ERRORS, analysed, mapped, process, run
from tests.monitoring.conftest import RULE
from tests.processes import FREELY
from tests.server.clients import serving

SIGN_UP = f"""mutation ($input: SignUpInput!) {{ signUp(input: $input) {{
  tokens {{ accessToken }} {ERRORS} }} }}"""
CONFIGURE = f"""mutation ($input: ReductionConfigCreateInput!) {{
  reductionConfigCreate(input: $input) {{ reductionConfig {{ id }} {ERRORS} }} }}"""
POINTS = """query ($id: ID!, $after: String) { analysis(id: $id) { monitorPoints(
  first: 100, after: $after, orderBy: {field: PROCESS_ORDER, direction: ASC}) {
  nodes { processOrder distance threshold metadata }
  pageInfo { hasNextPage endCursor } } } }"""
ALERTS = """{ alerts { totalCount nodes { status occurrences analysis { id } } }
  anomalies { totalCount } auditVerify { isWhole damage } }"""
WEAR = """query ($id: ID!) { analysis(id: $id) {
  wearTrend(by: "life_fraction") { direction pValue } } }"""
FALSE_ALARMS = 0.03
Row = dict[str, str]


@dataclass(frozen=True)
class Story:
    """What is known of a machine, and what is sent of it."""

    baseline: bytes
    rows: list[Row]
    state: str
    """The column that says whether a row is bad."""
    good: frozenset[str]
    unclear: frozenset[str]
    """Rows that are sent and not judged."""
    least: float
    """The AUROC that is promised."""
    wears: bool = False

    @property
    def features(self) -> list[str]:
        return [name for name in self.rows[0] if name.startswith("f_")]


def made() -> Story:
    """A machine of our own, which is well and then is not."""
    names = [f"f_{n}" for n in range(64)]
    rows = np.vstack([spectra(150, seed=1, width=64), spectra(60, wear=1.5, width=64)])
    state = ["well"] * 150 + ["worn"] * 60
    sent = [
        {"state": one, **dict(zip(names, map(str, row), strict=True))}
        for one, row in zip(state, rows.tolist(), strict=True)
    ]
    baseline = journeys.csv(names, spectra(120, seed=2, width=64).tolist())
    good, unclear = frozenset({"well"}), frozenset[str]()
    return Story(baseline, sent, "state", good, unclear, least=0.999)


def recorded(path: Path, state: str, good: str, least: float) -> Story:
    with gzip.open(f"{path}_monitor.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    baseline = Path(f"{path}_baseline.csv.gz").read_bytes()
    unclear, wears = frozenset({"transition"}), state == "phase"
    return Story(baseline, rows, state, frozenset({good}), unclear, least, wears)


REAL = [
    (MONITOR / folder / name, state, good, least)
    for folder, name, state, good, least in (
        ("cwru", "1797", "fault", "none", 0.999),
        ("femto", "bearing1_1", "phase", "healthy", 0.999),
        ("femto", "bearing2_1", "phase", "healthy", 0.98),
        ("femto", "bearing3_2", "phase", "healthy", 0.99),
    )
    if (MONITOR / folder / f"{name}_baseline.csv.gz").exists()
]


@dataclass
class Client:
    """Somebody who keeps a machine running."""

    http: httpx.AsyncClient

    async def ask(self, query: str, **variables: Any) -> Any:
        said = {"query": query, "variables": variables}
        told = (await self.http.post("/graphql", json=said)).json()
        assert "errors" not in told, told
        for payload in told["data"].values():
            assert not (payload or {}).get("userErrors"), payload
        return told["data"]

    async def sign_up(self) -> None:
        given = {"email": "ada@example.org", "password": "engines weave algebra"}
        tokens = (await self.ask(SIGN_UP, input=given))["signUp"]["tokens"]
        self.http.headers["authorization"] = f"Bearer {tokens['accessToken']}"

    async def upload(self, content: bytes) -> str:
        operations = {
            "query": journeys.UPLOAD,
            "variables": {"input": {"file": None}},
        }
        told = await self.http.post(
            "/graphql",
            headers={"apollo-require-preflight": "true"},
            data={
                "operations": json.dumps(operations),
                "map": '{"0": ["variables.input.file"]}',
            },
            files={"0": ("baseline.csv", content)},
        )
        return told.json()["data"]["fileUpload"]["fileUpload"]["id"]

    async def stream(self, id_: str, points: list[dict[str, Any]]) -> None:
        body = b"".join(json.dumps(one).encode() + b"\n" for one in points)
        told = await self.http.post(f"/analyses/{id_}/points", content=body)
        last = json.loads(told.text.splitlines()[-1])
        assert (last["accepted"], last["userErrors"]) == (len(points), [])

    async def points(self, id_: str) -> list[Any]:
        found: list[Any] = []
        after = None
        while True:
            data = await self.ask(POINTS, id=id_, after=after)
            page = data["analysis"]["monitorPoints"]
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]


@pytest.fixture
async def client(equipment: Equipment, worker: None) -> AsyncIterator[Client]:
    async with serving(create_app(equipment, Settings(**FREELY))) as address:
        url = f"http://{address}"
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            client = Client(http)
            await client.sign_up()
            yield client


async def watched(client: Client, story: Story) -> str:
    """The id of an analysis that watches the machine, a rule beside it."""
    upload = await client.upload(story.baseline)
    given = {"name": "Bearing", "uploads": [upload]}
    created = await client.ask(journeys.CREATE, input=given)
    dataset = created["datasetCreate"]["dataset"]["id"]
    await process(client.ask, dataset)
    span = {"startDim": story.features[0], "endDim": story.features[-1]}
    config = (await client.ask(CONFIGURE, input=span))["reductionConfigCreate"]
    chosen = {"config": config["reductionConfig"]["id"]}
    made = await mapped(client.ask, dataset, **chosen)
    assert made["status"] == "COMPLETED", made
    share = {"metric": "ANOMALY_SHARE", "threshold": 10, "severityBands": True}
    rule = {"dataset": dataset, "name": "A tenth", "severity": "HIGH"}
    await client.ask(RULE, input={**rule, "condition": share})
    reference = made["reductionResult"]["id"]
    watch = await analysed(client.ask, "MONITORING", reference=reference)
    await run(client.ask, watch)
    return watch


async def told(client: Client, story: Story) -> None:
    """Live through a story, and see that it is told as it is."""
    watch = await watched(client, story)
    features = story.features
    await client.stream(
        watch,
        [
            {
                "values": [float(row[name]) for name in features],
                "processOrder": order,
                "metadata": {
                    name: float(value) if name == "life_fraction" else value
                    for name, value in row.items()
                    if name not in features
                },
            }
            for order, row in enumerate(story.rows)
        ],
    )
    points = await client.points(watch)
    assert [one["processOrder"] for one in points] == [*range(len(story.rows))]
    states = [one["metadata"][story.state] for one in points]
    judged = np.array([one not in story.unclear for one in states])
    bad = [one not in story.good for one in states if one not in story.unclear]
    distance = np.array([one["distance"] for one in points])[judged]
    assert auroc(distance, bad) >= story.least
    beyond = distance > points[0]["threshold"]
    assert np.mean(beyond[np.logical_not(bad)]) <= FALSE_ALARMS
    seen = await client.ask(ALERTS)
    [alert] = seen["alerts"]["nodes"]
    assert (alert["status"], alert["analysis"]["id"]) == ("ACTIVE", watch)
    assert seen["anomalies"]["totalCount"] > 0
    assert seen["auditVerify"] == {"isWhole": True, "damage": None}
    if story.wears:
        wear = (await client.ask(WEAR, id=watch))["analysis"]["wearTrend"]
        assert wear["direction"] == "RISING"


async def test_a_machine_that_fails_becomes_one_alert(client: Client) -> None:
    await told(client, made())


if REAL:

    @pytest.mark.parametrize("known", REAL, ids=lambda known: known[0].name)
    async def test_a_real_machine_that_fails_becomes_one_alert(
        client: Client, known: tuple[Path, str, str, float]
    ) -> None:
        await told(client, recorded(*known))
