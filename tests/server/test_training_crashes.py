"""A worker that is killed in training: another takes over, and one version comes."""

import asyncio
import secrets
import signal
from collections.abc import Iterator

import pytest

from db.models import AuditEntry, Job, JobStatus, Model, ModelVersion, TrainingJob
from resolvers.access import SYSTEM, visible
from resolvers.equipment import Equipment
from tests.crashing import TESTED, all_ended
from tests.models.learning import messages
from tests.processes import serving
from tests.waiting import SECONDS
from tests.worlds import World, working

PLACES = ("job.after_claim", "job.before_result")


@pytest.fixture(autouse=True)
def within_reason() -> Iterator[None]:
    signal.alarm(6 * int(SECONDS))
    yield
    signal.alarm(0)


@pytest.fixture
async def dataset(world: World) -> str:
    """The id of a dataset of messages."""
    async with world.here() as equipment, working(equipment):
        upload = await world.client.upload(messages(200, "spam", "ham"), "messages")
        given = {"name": "Messages", "uploads": [upload["id"]]}
        made = await world.client.do("datasetCreate", "dataset { id }", **given)
        id_ = made["dataset"]["id"]
        await world.client.do("datasetProcess", "dataset { id }", id=id_)
        await all_ended(equipment.database)
    return id_


async def started(world: World, dataset: str) -> None:
    given = {"dataset": dataset, "modelName": "filter", "alias": "production"}
    plan = {"task": "TEXT_CLASSIFICATION", "target": "label"}
    await world.client.do("trainingJobStart", "trainingJob { id }", **given, **plan)


async def one_version(equipment: Equipment, begun: int) -> None:
    """See that the job is done, and came to one version with all that belongs to it."""
    await all_ended(equipment.database)
    async with equipment.database.read() as session:
        [training] = await session.scalars(visible(SYSTEM, TrainingJob))
        [version] = await session.scalars(visible(SYSTEM, ModelVersion))
        [model] = await session.scalars(visible(SYSTEM, Model))
        job = await session.get(Job, training.job_id)
        entries = list(await session.scalars(visible(SYSTEM, AuditEntry)))
    assert job
    assert (job.status, training.status) == (JobStatus.COMPLETED, JobStatus.COMPLETED)
    assert job.attempts >= begun
    assert (version.number, model.last_number) == (1, 1)
    assert training.model_version_id == version.id
    assert [one.action for one in entries].count("job.modelTrain") == 1
    async with equipment.store.local(version.file_path) as file:
        assert file.stat().st_size == version.file_size


@pytest.mark.parametrize("place", PLACES)
async def test_a_worker_that_is_killed_in_training_is_followed_by_another(
    world: World, dataset: str, place: str
) -> None:
    async with world.here():
        await started(world, dataset)
    await world.dies(place, "--only", "worker")
    async with world.here() as equipment, working(equipment):
        await one_version(equipment, 2)
        said = await world.client.ask("{ auditVerify { isWhole } }")
        assert said["isWhole"]


async def test_a_worker_that_is_killed_at_any_moment_of_training_is_followed(
    world: World, dataset: str
) -> None:
    seconds = secrets.randbelow(4_000) / 1_000
    async with world.here():
        await started(world, dataset)
    async with serving(
        world.data, "--only", "worker", database=world.database, **TESTED
    ) as server:
        await asyncio.sleep(seconds)
        await server.kill()
    async with world.here() as equipment, working(equipment):
        await one_version(equipment, 1)
