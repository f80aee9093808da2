"""From a file to its map, where a Dask cluster computes the jobs."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from db.models import ReductionConfig
from db.session import Database
from server.cluster import ClusterPools
from tests.analyses.test_configs import CONFIGURE
from tests.compute.spectra import spectra
from tests.conftest import Ask
from tests.journeys import CANCEL, FOUND, analysed, csv, mapped, processed, run, settled
from tests.server.clusters import everywhere, pooled, tasks
from tests.waiting import SECONDS, until_told

ROWS, WIDTH = 1_001, 4
NAMES = [f"f_{n}" for n in range(WIDTH)]
SPECTRA = csv(NAMES, spectra(ROWS, width=WIDTH).tolist())
JOB = "query ($id: ID!) { analysis(id: $id) { job { progress } } }"


@pytest.fixture
def compute(scheduler: str) -> Iterator[ClusterPools]:
    """Who computes, in all tests of this file."""
    with pooled(scheduler, spread=1_000) as pools:
        yield pools


@pytest.fixture
async def config(ask: Ask) -> str:
    """Parameters of maps of these features."""
    data = await ask(CONFIGURE, input={"endDim": NAMES[-1]})
    return data["reductionConfigCreate"]["reductionConfig"]["id"]


async def test_a_file_becomes_a_map_that_was_made_by_blocks(
    ask: Ask, worker: None, config: str, database: Database
) -> None:
    dataset = await processed(ask, SPECTRA)
    async with database.write.begin() as session:
        mine = ~ReductionConfig.is_system
        few = sa.update(ReductionConfig).where(mine).values(imax=4)
        await session.execute(few)
    made = await mapped(ask, dataset, config=config)
    assert (made["status"], made["errorMessage"]) == ("COMPLETED", None)
    assert made["reductionResult"]["pointCount"] == ROWS


async def test_a_map_that_is_stopped_leaves_the_workers_idle(
    ask: Ask, worker: None, config: str, scheduler: str
) -> None:
    dataset = await processed(ask, SPECTRA)
    id_ = await analysed(ask, "REDUCTION", dataset=dataset, config=config)
    await run(ask, id_)

    async def under_way() -> bool:
        return (await ask(JOB, id=id_))["analysis"]["job"]["progress"] > 0.15

    await until_told(under_way)
    await ask(CANCEL, id=id_)
    assert (await settled(ask, FOUND, id_))["status"] == "CANCELLED"

    async def idle() -> bool:
        return not any(everywhere(scheduler, tasks))

    await until_told(idle, SECONDS)
