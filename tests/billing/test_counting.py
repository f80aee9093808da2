"""What models answer, and the analyses that are begun, are counted."""

from typing import Any

from db.models import AnalysisStatus, Tier
from resolvers.access import Actor
from schema.ids import spell
from tests.billing.conftest import Start
from tests.conftest import Ask, Save
from tests.factories import a_dataset, a_result, a_version, an_analysis, an_upload
from tests.journeys import errors
from tests.models.test_batches import CANCEL, described
from tests.models.test_batches import start as begun
from tests.models.trained import Spam, kept, spam

__all__ = ["kept", "spam"]
USAGE = "{ viewer { usage(months: 1) { predictions analyses } } }"
RUN = """mutation ($id: ID!) { analysisRun(input: {id: $id}) {
  userErrors { code field } } }"""


async def used(ask: Ask) -> tuple[int, int]:
    """Predictions and analyses of this month."""
    [month] = (await ask(USAGE))["viewer"]["usage"]
    return month["predictions"], month["analyses"]


async def test_each_input_is_a_prediction(spam: Spam) -> None:
    await spam.predict(text="hello")
    await spam.batch("a", "b", "c")
    assert await used(spam.ask) == (4, 0)


async def test_no_more_is_answered_than_was_agreed_on(
    spam: Spam, start: Start, analyst: Actor
) -> None:
    await start(Tier.ENTERPRISE, analyst, limits={"predictions": 3})
    assert errors(await spam.batch("a", "b")) == []
    [[code, *_]] = errors(await spam.batch("c", "d"))
    assert code == "LIMIT_EXCEEDED"
    assert errors(await spam.predict(text="c")) == []
    assert await used(spam.ask) == (3, 0)
    found = await spam.ask("{ predictions { totalCount } }")
    assert found["predictions"]["totalCount"] == 3


async def test_a_batch_that_is_stopped_gives_its_predictions_back(
    spam: Spam, analyst: Actor
) -> None:
    data = await described(spam, analyst)
    started: Any = await begun(spam, datasetVersion=data)
    batch = started["batchPrediction"]
    assert await used(spam.ask) == (batch["rowCount"], 0)
    assert batch["rowCount"] > 0
    await spam.ask(CANCEL, id=batch["id"])
    assert await used(spam.ask) == (0, 0)


async def test_an_analysis_is_counted_when_it_is_begun(
    ask: Ask, save: Save, analyst: Actor
) -> None:
    dataset, upload = a_dataset(analyst), an_upload(analyst)
    version = a_version(dataset, upload)
    result = a_result(version)
    draft = {"status": AnalysisStatus.DRAFT, "dinsight_id": result.id}
    analysis = an_analysis(dataset, **draft)
    await save(dataset, upload, version, result, analysis)
    assert await used(ask) == (0, 0)
    assert errors((await ask(RUN, id=spell(analysis)))["analysisRun"]) == []
    assert await used(ask) == (0, 1)
    [[code, _]] = errors((await ask(RUN, id=spell(analysis)))["analysisRun"])
    assert (code, await used(ask)) == ("INVALID_TRANSITION", (0, 1))
