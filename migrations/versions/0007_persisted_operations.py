"""Documents that are asked by their digests."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import column, index, owner, table, text, unique

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    table(
        "persisted_operations",
        owner(),
        column("sha256", text(64)),
        column("name", text(255)),
        column("document", text()),
        column("is_shared", sa.Boolean()),
        unique("sha256", "owner_id"),
    )
    index("persisted_operations", "owner_id", "id")
    index("persisted_operations", "owner_id", "name", "id")


def downgrade() -> None:
    op.drop_table("persisted_operations")
