"""Maps, and points watched against them."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    closed,
    column,
    document,
    floats,
    index,
    moment,
    optional,
    owner,
    table,
    text,
    to,
    unique,
    whole,
)

revision = "0005"
down_revision = "0004"

DEFAULTS: dict[str, object] = {
    "is_system": True,
    "gamma0": 1e-7,
    "optimizer": "lbfgs",
    "alpha": 0.1,
    "end_meta": "participant",
    "start_dim": "f_0",
    "end_dim": "f_1023",
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
    "which_w1": "auto",
    "mode": "kanadaSan",
    "param_mode": 0.3,
}
"""What a map is made with where its owner chose nothing."""


def upgrade() -> None:
    table(
        "reduction_configs",
        to("owner_id", "users", "SET NULL", nullable=True),
        column("is_system", sa.Boolean()),
        optional("legacy_id", sa.Integer()),
        column("gamma0", sa.Double()),
        closed("optimizer", "optimizer", "lbfgs", "adam"),
        column("alpha", sa.Double()),
        column("end_meta", text(255)),
        column("start_dim", text(255)),
        column("end_dim", text(255)),
        column("imax", sa.Integer()),
        column("lowdim", sa.Integer()),
        column("eta", sa.Double()),
        column("epsilon", sa.Double()),
        column("beta1", sa.Double()),
        column("beta2", sa.Double()),
        column("beta", sa.Double()),
        column("a", sa.Double()),
        column("w1", sa.Double()),
        column("w2", sa.Double()),
        column("which_w1", text(50)),
        column("mode", text(50)),
        column("param_mode", sa.Double()),
        unique("legacy_id"),
    )
    op.bulk_insert(
        sa.table(
            "reduction_configs",
            sa.column("id", sa.Uuid()),
            *(sa.column(name) for name in DEFAULTS),
        ),
        [{"id": UUID(int=1), **DEFAULTS}],
    )
    index("reduction_configs", "owner_id", "id")
    table(
        "dinsight_data",
        owner(),
        to("file_upload_id", "file_uploads", "CASCADE"),
        to("dataset_version_id", "dataset_versions", "CASCADE"),
        to("config_id", "reduction_configs", "RESTRICT"),
        column("x_values", floats()),
        column("y_values", floats()),
        column("point_count", sa.Integer()),
        column("feature_count", sa.Integer()),
        column("cost", sa.Double()),
        column("evaluations", sa.Integer()),
        column("reference_path", text(500)),
        column("reference_sha256", text(64)),
        check("not_empty", "point_count > 0"),
        whole("x_values_whole", "x_values", "point_count"),
        whole("y_values_whole", "y_values", "point_count"),
    )
    index("dinsight_data", "config_id", "id")
    index("dinsight_data", "dataset_version_id")
    index("dinsight_data", "file_upload_id", "id")
    index("dinsight_data", "owner_id", "id")
    table(
        "analyses",
        owner(),
        column("name", text(255)),
        to("dataset_id", "datasets", "SET NULL", nullable=True),
        to("dataset_version_id", "dataset_versions", "SET NULL", nullable=True),
        to("file_upload_id", "file_uploads", "SET NULL", nullable=True),
        to("dinsight_id", "dinsight_data", "SET NULL", nullable=True),
        to("config_id", "reduction_configs", "RESTRICT", nullable=True),
        closed("kind", "analysiskind", "general", "reduction", "monitoring"),
        column("sensitivity", sa.Double()),
        optional("results", document()),
        closed(
            "status",
            "analysisstatus",
            "draft",
            "pending",
            "running",
            "completed",
            "failed",
            "cancelled",
        ),
        optional("error_message", text()),
        optional("completed_at", moment()),
        to("job_id", "jobs", "SET NULL", nullable=True),
        *changing(),
    )
    index("analyses", "config_id")
    index("analyses", "dataset_id", "id")
    index("analyses", "dataset_id", "name", "id")
    index("analyses", "dataset_version_id")
    index("analyses", "dinsight_id")
    index("analyses", "file_upload_id")
    index("analyses", "job_id")
    index("analyses", "owner_id", "id")
    index("analyses", "owner_id", "name", "id")
    index("analyses", "status", "id")


def downgrade() -> None:
    op.drop_table("analyses")
    op.drop_table("dinsight_data")
    op.drop_table("reduction_configs")
