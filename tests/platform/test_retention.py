"""What has expired goes, a little at a time, and it is told beforehand and after."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from db.base import Base, first_id, utcnow
from db.models import (
    AuditEntry,
    BillingEvent,
    IdempotencyKey,
    Invitation,
    OneTimeToken,
    Prediction,
    PredictionStats,
    ProviderReservation,
    Purpose,
    RateLimitWindow,
    RefreshToken,
    ScheduledRun,
    Session,
    StoredEvent,
)
from db.session import Database
from resolvers.access import SYSTEM, Actor, BaseRole, visible
from resolvers.audit import verification
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.platform import retention
from resolvers.policy import Policy
from resolvers.routines import KEPT
from schema import schema
from tests.conftest import As, Ask, Save, Someone
from tests.factories import ROLES, a_refresh_token, a_run, a_session
from tests.journeys import counted, last_entries
from tests.modelling import a_model, a_model_version, a_prediction
from tests.providers.rows import a_reservation

DAY = timedelta(days=1)
MODELS: tuple[Any, ...] = (
    IdempotencyKey,
    StoredEvent,
    ScheduledRun,
    RefreshToken,
    Session,
    OneTimeToken,
    Invitation,
    RateLimitWindow,
    BillingEvent,
    ProviderReservation,
)
PREVIEW = "{ retentionPreview { table keptSeconds rows } }"
RUN = """mutation ($dryRun: Boolean) { retentionRun(input: {dryRun: $dryRun}) {
  counts { table rows } isComplete userErrors { code } } }"""


@pytest.fixture
def system(equipment: Equipment) -> Context:
    return Context(equipment, SYSTEM)


@pytest.fixture
async def admin(someone: Someone) -> Actor:
    return await someone(BaseRole.ADMIN)


def made(age: timedelta) -> UUID:
    """An id as it was made some time ago."""
    return first_id(utcnow() - age)


def one_of_each(owner: Actor, window: timedelta, age: timedelta) -> list[Base]:
    """A row of what accounts leave behind, so old beyond its own window."""
    mine, end = {"owner_id": owner.user_id}, utcnow() - age
    session = a_session(owner, expires_at=end - window)
    token = a_refresh_token(session, expires_at=end - window)
    about = {"expires_at": end - window}
    return [
        session,
        token,
        OneTimeToken(
            purpose=Purpose.EMAIL_VERIFY,
            token_hash=uuid7().hex,
            email="a@b.example",
            **about,
            **mine,
        ),
        Invitation(
            code_hash=uuid7().hex, role_id=ROLES[BaseRole.USER], **about, **mine
        ),
        IdempotencyKey(
            id=made(age + DAY), operation="o", key=f"{age}", fingerprint="f", **mine
        ),
        StoredEvent(
            id=made(age + 7 * DAY),
            seq=int(age.total_seconds()) + 10**6,
            topic="job",
            row_id=uuid7(),
            **mine,
        ),
        a_run(id=made(age + 30 * DAY)),
        RateLimitWindow(subject=uuid7().hex, started_at=end - DAY, count=1),
        BillingEvent(
            id=made(age + 90 * DAY),
            event_id=uuid7().hex,
            type="plan.created",
            payload={},
            happened_at=end,
        ),
        a_reservation(owner, expires_at=end - 30 * DAY),
    ]


async def some(save: Save, owner: Actor, *hours: int) -> None:
    """Rows of each kind, that expired so many hours ago."""
    for age in hours:
        await save(*one_of_each(owner, 30 * DAY, timedelta(hours=age)))


async def last_deleted(database: Database) -> dict[str, str]:
    rows = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    async with database.read() as session:
        entry = (await session.scalars(rows)).one()
    assert entry.action == retention.ACTION
    return entry.payload["deleted"]


async def test_what_has_expired_is_deleted_and_counted_in_the_audit(
    system: Context, save: Save, analyst: Actor, database: Database
) -> None:
    await some(save, analyst, 1, -1)
    counts = await retention.run(system)
    assert counts == {model.__tablename__: 1 for model in MODELS}
    told = {name: str(count) for name, count in counts.items()}
    assert await last_deleted(database) == told
    for model in MODELS:
        assert await counted(database, model) == 1
    verdict = await verification.verify(system)
    assert (verdict.checked, verdict.damage) == (1, None)


async def test_to_run_it_again_does_nothing_and_writes_nothing_down(
    system: Context, save: Save, analyst: Actor, database: Database
) -> None:
    await some(save, analyst, 1)
    await retention.run(system)
    assert not any((await retention.run(system)).values())
    assert await counted(database, AuditEntry) == 1


async def test_much_that_has_expired_is_deleted_in_parts(
    system: Context, save: Save, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    await many(save, 25)
    assert (await retention.run(system))["scheduled_runs"] == 25
    assert await counted(database, ScheduledRun) == 0
    assert await counted(database, AuditEntry) == 3
    assert (await last_deleted(database))["scheduled_runs"] == "5"


async def many(save: Save, number: int) -> None:
    first = made(400 * DAY).int
    await save(*(a_run(id=UUID(int=first + n), tick=n) for n in range(number)))


async def test_how_long_things_are_kept_can_be_chosen(
    system: Context, save: Save, analyst: Actor, database: Database
) -> None:
    await some(save, analyst, 1, -1)
    longer = Policy(keep_sessions=31 * 86_400.0, keep_events=8 * 86_400.0)
    system.equipment = replace(system.equipment, policy=longer)
    counts = await retention.run(system)
    kept = {"sessions", "refresh_tokens", "one_time_tokens", "invitations", "events"}
    assert {name for name, count in counts.items() if not count} == kept


async def test_a_preview_counts_and_deletes_nothing(
    ask: Ask, admin: Actor, save: Save, database: Database
) -> None:
    await some(save, admin, 1, 2, -1)
    told = (await ask(PREVIEW, admin))["retentionPreview"]
    assert [one["table"] for one in told] == [one.table for one in KEPT]
    found = {one["table"]: (one["rows"], one["keptSeconds"]) for one in told}
    assert found["sessions"] == (2, 30 * 86_400.0)
    assert found["idempotency_keys"] == (2, 86_400.0)
    assert found["predictions"] == (0, 365 * 86_400.0)
    assert await counted(database, Session) == 3


async def test_a_dry_run_counts_what_a_run_then_deletes(
    ask: Ask, admin: Actor, save: Save, database: Database
) -> None:
    await some(save, admin, 1, -1)
    dry = (await ask(RUN, admin, dryRun=True))["retentionRun"]
    assert (dry["isComplete"], dry["userErrors"]) == (False, [])
    assert await counted(database, Session) == 2
    run = (await ask(RUN, admin))["retentionRun"]
    assert (run["isComplete"], run["counts"]) == (True, dry["counts"])
    assert await counted(database, Session) == 1
    assert await last_entries(database, 5) == [("retentionRun", "success", "")] * 2
    told = {one["table"]: str(one["rows"]) for one in run["counts"]}
    assert await last_deleted(database) == told
    empty = (await ask(RUN, admin, dryRun=True))["retentionRun"]
    assert empty["isComplete"]


async def test_a_run_deletes_no_more_than_one_transaction_may_and_says_so(
    ask: Ask,
    admin: Actor,
    save: Save,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    await many(save, 15)
    assert not (await ask(RUN, admin))["retentionRun"]["isComplete"]
    assert await counted(database, ScheduledRun) == 5
    assert (await ask(RUN, admin))["retentionRun"]["isComplete"]
    assert await counted(database, ScheduledRun) == 0


async def test_days_of_predictions_are_added_up_before_they_go(
    ask: Ask, admin: Actor, save: Save, database: Database
) -> None:
    version = await save(a_model_version(await save(a_model(admin))))
    await save(a_prediction(version, id=made(366 * DAY)))
    run = (await ask(RUN, admin))["retentionRun"]
    assert {"table": "predictions", "rows": 1} in run["counts"]
    assert await counted(database, Prediction) == 0
    assert await counted(database, PredictionStats) == 1


@pytest.mark.parametrize("variables", [{"dryRun": True}, {"dryRun": False}, {}])
async def test_only_who_may_deletes_and_what_is_denied_is_written_down(
    as_: As, analyst: Actor, save: Save, database: Database, variables: Any
) -> None:
    await some(save, analyst, 1)
    result = await schema.execute(RUN, variables, as_())
    assert result.errors
    assert (result.errors[0].extensions or {})["code"] == "FORBIDDEN"
    assert await counted(database, Session) == 1
    [(action, outcome, _)] = await last_entries(database, 5)
    assert (action, outcome) == ("retentionRun", "failure")
