"""What people wrote to models: it is where they look for it, and nowhere else."""

from db.models import AuditEntry
from db.session import Database
from resolvers.access import SYSTEM, visible
from tests.models.trained import SPAM, Spam, kept, spam

__all__ = ["kept", "spam"]

SECRET = f"{SPAM[0]} for Ada Lovelace of Marylebone"


async def audited(database: Database) -> str:
    """All that the audit says."""
    rows = visible(SYSTEM, AuditEntry).order_by(AuditEntry.seq)
    async with database.read() as session:
        return str([one.payload for one in await session.scalars(rows)])


async def test_the_audit_has_what_was_done_and_nothing_of_what_was_written(
    spam: Spam, database: Database
) -> None:
    broken = await spam.another(
        2, input_schema={"properties": {"text": {}}}, sha256="1" * 64
    )
    for given in (
        {"text": SECRET, "explain": True, "log": True},
        {"text": SECRET, "modelVersion": f"model_version_{broken.id.hex}"},
    ):
        assert (await spam.predict(**given))["prediction"]["inputText"] == SECRET
    await spam.batch(SECRET, SECRET)
    said = await audited(database)
    assert "model_version_id" in said
    assert "Lovelace" not in said
    assert "lovelace" not in said
